"""What is new in a picture and what of it moves: structure against a learnt background, by place.

A pixel is compared by its *structure*: its difference from the mean of its neighbourhood, divided by the contrast found
there and by the noise measured there (local contrast normalisation). Light that changes, a lamp, a headlight, a passing
shadow or the switch to infrared scale a neighbourhood and leave its structure; somebody who steps in front of it does
not. The noise is what neighbouring pixels do from picture to picture, at each place: a dark corner is judged by its
own noise, and a fifth of the light is enough.

Places that keep changing (a television, leaves, a clock) are learnt and left out. Where something stands that has
moved, nothing is learnt for ``HOLD_S``: who stands still is not swallowed, and leaves no hole when going away.

Source: local contrast normalisation as in Jarrett et al. 2009 (ICCV); the rest is this project's own.
"""

import math
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

WIDTH, HEIGHT = 320, 180  # pictures are shrunk into this
AROUND = (15, 15)  # pixels: the neighbourhood whose mean and contrast count
NOISES = 3.0  # a contrast of so many standard deviations of the noise is half structure, half noise
SIGMA_OF_STEP = 0.886  # standard deviation of normal noise, from the mean step between two pictures
NOISE_S = 2.0  # time constant of the noise
STEP_MOST = 3.0  # a step of more than so many usual ones is not noise
MEAN_OF_MEDIAN = 1.18  # mean step of normal noise, from its median
PULSE_S = 20.0  # how long the noise of a key frame, which renews the whole picture, is remembered
SMOOTH = (5, 5)
NEW = 0.55  # mean difference of structure from what was learnt, from which it is new
MOVED = 0.45  # and from how it was ``AGO_S`` ago
SOLID = 0.4  # part of the contrast that must not be noise
WHITE = 250.0  # grey levels: there, or brighter, the camera sees no structure any more
GLARE = 0.1  # more white around than was learnt: the edge of a glare is no edge of a thing
AGO_S = 0.3
LEARN_S = 5.0  # time constant of the background
WARM_UP_S = 1.0
HOLD_S = 30.0  # what moved and now stands is kept out of the background for so long
FRESH_S = 0.3  # ground is fresh for so long after something began to move there …
STALE_S = 5.0  # … and again after nothing moved there for so long; what lies within is not fresh either
WITHIN = np.ones((31, 31), np.uint8)
RESTLESS, RESTLESS_S = 0.3, 10.0  # a place that moves for this part of the time is left out
SPECK = np.ones((5, 5), np.uint8)  # what is smaller is nothing
REACH = np.ones((11, 11), np.uint8)  # what stands reaches so far beyond what moved …
HALO = np.ones((19, 19), np.uint8)  # … and changes the structure of its neighbourhood so far around
LIGHT_STEP = 6.0  # grey levels of the whole picture from one to the next, beyond what is usual (lamps flicker)
FLOOD_S = 0.8  # after a change of light or scene
SCENE = 0.6  # part of the picture that is new at once: nothing walks like that
NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture shows; masks in the pixels of the small picture."""

    new: Mask  # differs in structure from what was learnt
    moving: Mask  # and from how it was a moment ago
    fresh: Mask  # and nothing had moved there before
    standing: Mask  # new, and has moved within ``HOLD_S``
    veto: str = ""  # why this picture cannot count


def shrink(luma: NDArray[np.uint8]) -> Grey:
    """The luma plane inside ``WIDTH`` × ``HEIGHT``, blurred a little against noise."""
    scale = min(WIDTH / luma.shape[1], HEIGHT / luma.shape[0], 1.0)
    size = (max(8, round(luma.shape[1] * scale)), max(8, round(luma.shape[0] * scale)))
    small = luma if size == luma.shape[::-1] else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    blurred: Grey = cv2.blur(small, (3, 3)).astype(np.float32)
    return blurred


class Foreground:
    """``contrast`` (grey levels): structure weaker than this is nothing, however little noise there is."""

    def __init__(self, contrast: float = 1.0) -> None:
        self.contrast = contrast
        self._before: Grey | None = None
        self._forget()

    def _forget(self) -> None:
        self._began = 0.0
        self._flood_until, self._reason = NEVER, ""
        self._usual = 0.0
        self._recent: deque[tuple[float, Grey]] = deque()

    def _begin(self, grey: Grey, now: float) -> None:
        self._forget()
        self._began = now
        self._before = grey
        self._relief = grey - cv2.blur(grey, AROUND)
        self._step = np.ones_like(grey)  # usual change of the relief from picture to picture
        self._pulse = 1.0  # the same of the whole picture, at its most of late
        self._learnt, _ = self._structure(grey, self._relief)
        self._white = _glare(grey)
        self._restless = np.zeros_like(grey)
        self._moved_at = np.full(grey.shape, NEVER, np.float32)  # last time
        self._fresh_since = np.full(grey.shape, NEVER, np.float32)  # since when it has been moving, on and off

    def update(self, luma: NDArray[np.uint8], now: float) -> Scene:
        """``now`` in seconds; it rises from picture to picture."""
        grey = shrink(luma)
        before = self._before
        if before is None or before.shape != grey.shape:
            self._begin(grey, now)
            nothing = np.zeros(grey.shape, np.bool_)
            return Scene(nothing, nothing, nothing, nothing, "learning the scene")
        now -= self._began  # float32 maps of times stay exact
        self._before = grey
        warm = now > WARM_UP_S
        relief = grey - cv2.blur(grey, AROUND)
        self._measure_noise(np.abs(relief - self._relief), now, warm)
        self._relief = relief
        structure, solid = self._structure(grey, relief)
        glare = _glare(grey)
        differs = (_smooth(np.abs(structure - self._learnt)) > NEW) & (solid > SOLID) & (glare < self._white + GLARE)
        new = cv2.morphologyEx((differs & warm).view(np.uint8), cv2.MORPH_OPEN, SPECK).view(np.bool_)
        moving = self._moving(structure, new, now)
        fresh = self._fresh(moving, now)
        held = (now - self._moved_at < HOLD_S).view(np.uint8)
        standing = new & cv2.dilate(held, REACH).view(np.bool_) & (self._restless < RESTLESS)
        self._notice(grey, before, new, now)
        self._learn(structure, glare, standing, now, warm)
        veto = "" if warm else "learning the scene"
        if now < self._flood_until:
            veto = self._reason
        return Scene(new, moving, fresh, standing, veto)

    def _measure_noise(self, step: Grey, now: float, warm: bool) -> None:
        seconds = now - self._recent[-1][0] if self._recent else now
        weight = np.float32(min(0.3, seconds / NOISE_S) if warm else 0.3)
        self._step += weight * (np.minimum(step, STEP_MOST * self._step + 0.3) - self._step)
        pulse = MEAN_OF_MEDIAN * float(np.median(step[::4, ::4]))
        self._pulse = max(pulse, self._pulse * math.exp(-seconds / PULSE_S))

    def _structure(self, grey: Grey, relief: Grey) -> tuple[Grey, Grey]:
        """Each pixel relative to its neighbourhood, about −2…2, and which part of the contrast there is not noise."""
        mean = grey - relief
        variance = np.maximum(cv2.blur(grey * grey, AROUND) - mean * mean, 0)
        step = np.maximum(cv2.blur(self._step, (9, 9)), np.float32(self._pulse))
        noise = step * np.float32(NOISES * SIGMA_OF_STEP)
        whole = variance + noise * noise + np.float32(self.contrast**2)
        return relief / np.sqrt(whole), variance / whole

    def _moving(self, structure: Grey, new: Mask, now: float) -> Mask:
        self._recent.append((now, structure))
        while len(self._recent) > 2 and self._recent[1][0] <= now - AGO_S + 0.01:
            self._recent.popleft()
        changed = _smooth(np.abs(structure - self._recent[0][1])) > MOVED
        gone_by = now - self._recent[-2][0] if len(self._recent) > 1 else 0.0
        self._restless += np.float32(min(1.0, gone_by / RESTLESS_S)) * (changed - self._restless)
        moving: Mask = new & changed & (self._restless < RESTLESS)
        return moving

    def _fresh(self, moving: Mask, now: float) -> Mask:
        began = moving & (now - self._moved_at > STALE_S)
        self._fresh_since[began] = now
        older = now - self._fresh_since > FRESH_S
        trodden = (older & (now - self._moved_at <= STALE_S)).view(np.uint8)
        self._moved_at[moving] = now
        within = cv2.morphologyEx(trodden, cv2.MORPH_CLOSE, WITHIN).view(np.bool_)
        fresh: Mask = moving & ~older & ~within
        return fresh

    def _notice(self, grey: Grey, before: Grey, new: Mask, now: float) -> None:
        step = abs(float(np.median(grey[::4, ::4])) - float(np.median(before[::4, ::4])))
        light = step >= LIGHT_STEP + 2 * self._usual
        self._usual += 0.1 * (step - self._usual)
        if light:
            self._flood_until, self._reason = now + FLOOD_S, "light changed"
        elif np.count_nonzero(new) > SCENE * new.size:
            self._flood_until, self._reason = now + FLOOD_S, "the whole scene changed"
            self._moved_at[:] = NEVER

    def _learn(self, structure: Grey, glare: Grey, standing: Mask, now: float, warm: bool) -> None:
        seconds = now - self._recent[-2][0] if len(self._recent) > 1 else 0.1
        fast = not warm or (now < self._flood_until and self._reason != "light changed")
        weight = np.float32(min(1.0, seconds / (0.2 if fast else LEARN_S)))
        self._white += weight * (glare - self._white)
        step = structure - self._learnt
        step[cv2.dilate(standing.view(np.uint8), HALO).view(np.bool_)] = 0
        self._learnt += weight * step


def _glare(grey: Grey) -> Grey:
    """Part of the neighbourhood that is white."""
    glare: Grey = cv2.blur((grey >= WHITE).astype(np.float32), AROUND)
    return glare


def _smooth(image: Grey) -> Grey:
    smoothed: Grey = cv2.blur(image, SMOOTH)
    return smoothed
