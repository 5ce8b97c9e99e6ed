/** Which tier is shown: as chosen, or by what the line carries. */

const KEY = "ipcamera.quality";
const LATE_MS = 1500;
const LATE_FOR_MS = 4000;
const GAPS = 2;
const GAPS_WITHIN_MS = 30_000;
const AGAIN_MS = 120_000;
const LONGEST_MS = 1_800_000;

export class Quality {
  /** `onChange()`: another tier is to be shown, or another one was chosen. */
  constructor(onChange) {
    this.onChange = onChange;
    this.choice = localStorage.getItem(KEY) ?? "auto";
    this.slow = false;
    this.againMs = AGAIN_MS;
    this.reset();
  }

  get tier() {
    return this.choice === "saver" || (this.choice === "auto" && this.slow) ? "sub" : "main";
  }

  /** auto, full, saver */
  choose(choice) {
    this.choice = choice;
    localStorage.setItem(KEY, choice);
    this.slow = false;
    clearTimeout(this.again);
    this.reset();
    this.onChange();
  }

  /** A picture was drawn, so many ms after its capture. */
  drawn(latency, now) {
    if (!(latency > LATE_MS)) this.lateSince = null;
    else if (now - (this.lateSince ??= now) > LATE_FOR_MS) this.lineIsSlow();
  }

  /** Pictures are missing: the server had to leave some out. */
  gap(now) {
    this.gaps = [...this.gaps.filter((at) => now - at < GAPS_WITHIN_MS), now];
    if (this.gaps.length >= GAPS) this.lineIsSlow();
  }

  /** Shows the small picture for a while, longer each time; false where that is shown already, or is not wanted. */
  lineIsSlow() {
    this.reset();
    if (this.choice !== "auto" || this.slow) return false;
    this.slow = true;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.tryAgain(), this.againMs);
    this.againMs = Math.min(LONGEST_MS, this.againMs * 2);
    this.onChange();
    return true;
  }

  tryAgain() {
    this.slow = false;
    this.reset();
    this.onChange();
  }

  reset() {
    this.gaps = [];
    this.lateSince = null;
  }
}
