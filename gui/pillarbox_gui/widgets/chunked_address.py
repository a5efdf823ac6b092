"""An address in groups of four, to be compared by eye."""

from PySide6.QtCore import QCoreApplication, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QTextEdit, QWidget

from pillarbox_gui import actions
from pillarbox_gui.actions import Act
from pillarbox_gui.theme.style import set_role
from pillarbox_gui.theme.theme import Theme
from pillarbox_gui.theme.tokens import Space

GROUP = 4
BETWEEN = 2
"""Spaces between groups."""
MOST_IN_LINE = 5
RING = 2
"""Room for the focus ring, always kept."""

translate = QCoreApplication.translate


def grouped(address: str, most_in_line: int = MOST_IN_LINE) -> list[str]:
    """Lines of groups of four, as equal in length as can be. What ends in a colon, such as "bitcoincash:",
    stands in a line before them: it is the same for every address.
    """
    before, colon, address = address.rpartition(":")
    groups = [address[i : i + GROUP] for i in range(0, len(address), GROUP)]
    lines = -(-len(groups) // max(1, most_in_line))
    in_line = -(-len(groups) // max(1, lines))
    first = [before + colon] if before else []
    return first + [
        (" " * BETWEEN).join(groups[i : i + in_line]) for i in range(0, len(groups), in_line or 1)
    ]


class ChunkedAddress(QTextEdit):
    """Read-only. Screen readers get the whole text.

    Nothing is copied from here: an address is derived again before it is, so copying is asked for. One that
    nobody was shown cannot even be selected.
    """

    copy_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._address = ""
        self._copyable = True
        set_role(self, "bare")
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(translate("address", "Address"))
        self._restyle()
        theme.changed.connect(self._restyle)

    @property
    def address(self) -> str:
        return self._address

    def set_address(self, address: str, *, copyable: bool = True) -> None:
        """Show an address; its whole text is also the accessible description."""
        self._address = address
        self._copyable = copyable
        selectable = (
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTextInteractionFlags(selectable if copyable else Qt.TextInteractionFlag.NoTextInteraction)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if copyable else Qt.FocusPolicy.NoFocus)
        self.setAccessibleDescription(address)
        self._lay_out()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = self._width(MOST_IN_LINE)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width(2), self.heightForWidth(max(self.width(), self._width(2))))

    def heightForWidth(self, width: int) -> int:
        lines = len(grouped(self._address, self._fitting(width))) or 1
        return lines * QFontMetrics(self.font()).lineSpacing() + 2 * (self._theme.px(Space.XS) + RING)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Nothing: for drags, and for what selecting alone copies on some desktops."""
        # Qt's own object: one made here would be freed by the clipboard after Python has ended.
        selected = super().createMimeDataFromSelection()
        selected.text()  # only now is it filled
        selected.clear()
        return selected

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._copyable and event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._copyable:
            return
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(Act(actions.COPY_ADDRESS, self._theme, menu, self.copy_asked.emit))
        menu.popup(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def _restyle(self) -> None:
        self.setFont(self._theme.fonts.mono)
        self._lay_out()
        self.updateGeometry()

    def _lay_out(self) -> None:
        lines = grouped(self._address, self._fitting(self.width()))
        if (text := "\n".join(lines)) != self.toPlainText():
            self.setPlainText(text)
        # The block stands in the middle, its groups below each other.
        widest = QFontMetrics(self.font()).horizontalAdvance(max(lines, key=len, default=""))
        space = max(0, self.width() - widest) // 2
        self.setViewportMargins(space, self._theme.px(Space.XS), 0, 0)

    def _fitting(self, width: int) -> int:
        """How many groups fit into a line."""
        fit = (n for n in range(MOST_IN_LINE, 1, -1) if self._width(n) <= width)
        return next(fit, 1)

    def _width(self, groups: int) -> int:
        columns = groups * GROUP + (groups - 1) * BETWEEN
        return QFontMetrics(self.font()).horizontalAdvance("0" * columns) + self._theme.px(Space.S) + 2 * RING
