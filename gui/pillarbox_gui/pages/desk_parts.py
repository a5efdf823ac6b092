"""What the desk is composed of."""

import asyncio
from typing import NamedTuple, Self

from PySide6.QtCore import QObject

from pillarbox_gui.models.address_table import AddressTableModel
from pillarbox_gui.pages.address_list import AddressList
from pillarbox_gui.pages.address_panel import AddressPanel
from pillarbox_gui.pages.look import Look


class DeskParts(NamedTuple):
    """Each takes a good part of a frame to make."""

    model: AddressTableModel
    addresses: AddressList
    panel: AddressPanel

    @classmethod
    async def make(cls, look: Look) -> Self:
        """One after the other, each in a turn of the loop."""
        model = AddressTableModel(look.now, look.calendar, asyncio.to_thread, look.present)
        made: list[QObject] = [model]
        try:
            addresses = AddressList(look.theme, model)
            made.append(addresses)
            await asyncio.sleep(0)
            panel = AddressPanel(look)
            made.append(panel)
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            for part in made:
                part.deleteLater()
            raise
        return cls(model, addresses, panel)
