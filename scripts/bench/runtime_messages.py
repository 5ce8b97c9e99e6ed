"""The words of ``scripts.bench.runtime``'s actors."""

from dataclasses import dataclass

from models.messages import Ask, Ref


class ToPartner:
    """Whom these go to."""


ONE: Ref[ToPartner] = Ref("one")
TWO: Ref[ToPartner] = Ref("two")


@dataclass(frozen=True, slots=True)
class Echo(Ask[ToPartner, str]):
    text: str


@dataclass(frozen=True, slots=True)
class Spent(Ask[ToPartner, float]):
    """Processor seconds of the actor so far."""


@dataclass(frozen=True, slots=True)
class Measure(Ask[ToPartner, tuple[float, float]]):
    """Median s and processor s at both ends of one ask, over ``count`` of them."""

    count: int
