"""A wizard without widgets: one step at a time, answers in, the next step out, back without loss."""

from typing import Any, Protocol, TypeVar

S_co = TypeVar("S_co", covariant=True)


class Flow(Protocol[S_co]):
    """`S_co` is a closed union of frozen step classes; a front end shows one widget a step class."""

    @property
    def step(self) -> S_co:
        """What is asked now. A refused answer leaves the step, with the reason in its `error`."""
        ...

    @property
    def can_go_back(self) -> bool: ...

    async def answer(self, answer: Any) -> S_co:
        """Take an answer to the current step. One that does not belong to it raises TypeError."""
        ...

    def back(self, entered: Any = None) -> S_co:
        """The step before, with all that was entered still in it.

        `entered`: the answer as it stands to the step that is left. It is kept, unchecked, for its return.
        """
        ...

    async def cancel(self) -> None:
        """Forget everything that was entered. Nothing is left on disk."""
        ...
