"""Design tokens: every measure and colour of the window, and nothing that draws.

Lengths are logical pixels at the base text size of 13; `Scale` fits them to the system's font size.
Colours are sRGB hex. The contrast and colour-vision distances they must keep are recomputed in the tests.
"""

from dataclasses import dataclass
from enum import StrEnum

from pillarbox.model.address import AddressState


class Space:
    """The only distances between things."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24
    XXL = 32


class TypeSize:
    """Muted explains, base says, title names the page."""

    MUTED = 12
    BASE = 13
    LARGE = 16
    TITLE = 22


class Radius:
    CONTROL = 8
    CARD = 12


class Height:
    ROW = 38
    BUTTON = 34
    CHIP = 22


class Weight:
    """CSS font weights."""

    REGULAR = 400
    MEDIUM = 500
    STRONG = 600


class Motion:
    """Milliseconds; zero where the system asks for less."""

    SHORT = 120


@dataclass(frozen=True, slots=True)
class Scale:
    """How much larger than the base the system wants its text. Never smaller."""

    factor: float = 1.0

    @classmethod
    def for_system_font(cls, pixels: float) -> "Scale":
        """The scale at which base text is as tall as the system's own font of so many logical pixels."""
        return cls(max(1.0, pixels / TypeSize.BASE))

    def px(self, length: float) -> int:
        """A token in whole logical pixels."""
        return round(length * self.factor)


class Tone(StrEnum):
    """How something is doing. Always shown with an icon of its own shape, and a word."""

    GOOD = "good"
    WAITING = "waiting"
    QUIET = "quiet"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Ink:
    """A foreground, and the chip it may lie on. `border` outlines the chip; `text` is written on it."""

    fg: str
    chip: str
    text: str

    @property
    def border(self) -> str:
        return self.fg


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours of one scheme."""

    dark: bool
    sidebar: str
    ground: str
    panel: str
    alternate: str
    """Row under the pointer, and every second row where a table stripes."""
    selected: str
    hairline: str
    field_border: str
    """Outline of what is typed into: 3:1 to the panel."""
    text: str
    muted: str
    disabled: str
    """3:1 to what a disabled control lies on: what cannot be pressed now can still be read."""
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    focus: str
    unused: Ink
    reserved: Ink
    used: Ink
    good: Ink
    bad: Ink
    """Danger: a solid chip, told by lightness and its icon, since red is also the accent."""

    def state(self, state: AddressState) -> Ink:
        """The ink of an address state."""
        return (self.unused, self.reserved, self.used)[state]

    def tone(self, tone: Tone) -> Ink:
        """The ink of a status."""
        return {
            Tone.GOOD: self.good,
            Tone.WAITING: self.reserved,
            Tone.QUIET: self.used,
            Tone.BAD: self.bad,
        }[tone]


LIGHT = Palette(
    dark=False,
    sidebar="#EFEDE8",
    ground="#F6F5F2",
    panel="#FFFFFF",
    alternate="#F8F7F4",
    selected="#FBE5E2",
    hairline="#E2DFD9",
    field_border="#918E88",
    text="#1D1D1F",
    muted="#656462",
    disabled="#8A8883",
    accent="#B3261E",
    accent_hover="#9C1F18",
    accent_pressed="#851913",
    on_accent="#FFFFFF",
    focus="#1D1D1F",
    unused=Ink("#0072B2", "#D6EAF5", "#1A1A1A"),
    reserved=Ink("#9A5B00", "#FBE3B8", "#1A1A1A"),
    used=Ink("#5F6368", "#E3E5E8", "#1A1A1A"),
    good=Ink("#2B6E4F", "#DCEFE5", "#1A1A1A"),
    bad=Ink("#B3261E", "#B3261E", "#FFFFFF"),
)

DARK = Palette(
    dark=True,
    sidebar="#17181A",
    ground="#1B1C1E",
    panel="#232427",
    alternate="#292A2E",
    selected="#3A2725",
    hairline="#34363A",
    field_border="#76787D",
    text="#F0EFED",
    muted="#A9A7A3",
    disabled="#75767B",
    accent="#E5675F",
    accent_hover="#EC7C75",
    accent_pressed="#DA5C54",
    on_accent="#1A1A1A",
    focus="#F0EFED",
    unused=Ink("#56B4E9", "#12384D", "#F2F2F2"),
    reserved=Ink("#F0B43C", "#4A3508", "#F2F2F2"),
    used=Ink("#AEABA8", "#3D3C3A", "#F2F2F2"),
    good=Ink("#7CC7A2", "#173D2C", "#F2F2F2"),
    bad=Ink("#E5675F", "#E5675F", "#1A1A1A"),
)
