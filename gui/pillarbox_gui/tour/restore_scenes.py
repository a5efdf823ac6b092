"""The wallet is got back from its backup and the words, beside the one that is open."""

from pillarbox_gui.pages.wallet_view import WalletView
from pillarbox_gui.tour.stage import Stage
from pillarbox_gui.wizards.restore_files import ChooseFilePage
from pillarbox_gui.wizards.restore_options import OptionsPage
from pillarbox_gui.wizards.restore_pages import ChoosePage, ProtectPage, WordsPage
from pillarbox_gui.wizards.restore_preview import DonePage, PreviewPage
from pillarbox_gui.wizards.wizard_view import WizardView


async def restore(stage: Stage, view: WalletView, passphrase: str) -> None:
    """Step by step; then the tour's own wallet is shown again."""
    await stage.calm(view)
    stage.window.show_restore()
    wizard = await stage.screen(WizardView)
    choose = await stage.step(ChoosePage)
    choose.place.setText(view.wallet.backing_up.home)
    await stage.picture("restore", "A backup, a folder with some, or what is left without one.")
    wizard.go_on.click()
    await stage.step(ChooseFilePage)
    await stage.picture("restore-file", "The backups of a folder; the newest is the one to take.")
    wizard.go_on.click()
    words = await stage.step(WordsPage)
    words.text.setPlainText(" ".join(stage.words))
    await stage.picture("restore-words", "The words open it.")
    wizard.go_on.click()
    await stage.step(PreviewPage)
    await stage.picture("restore-preview", "What is in it, before anything is changed.")
    wizard.go_on.click()
    options = await stage.step(OptionsPage)
    options.new.setChecked(True)
    options.name.setText("Studio wallet again")
    await stage.picture("restore-options", "A wallet of its own, or into the open one of the same words.")
    wizard.go_on.click()
    protect = await stage.step(ProtectPage)
    protect.passphrase.setText(passphrase)
    protect.repeated.setText(passphrase)
    protect.keychain.setChecked(False)
    wizard.go_on.click()
    await stage.step(DonePage)
    await stage.picture("restored", "What came back, and the way to look further.")
    wizard.go_on.click()
    again = await stage.until(lambda: _other_than(stage.window.screen_shown, view))
    await stage.picture("restored-wallet", "The restored wallet, with everybody's addresses.")
    await stage.app.close_wallet(again.wallet.name)
    stage.window.open_wallet(view.wallet.name)
    await stage.until(lambda: view if stage.window.screen_shown is view else None)


def _other_than(screen: object, view: WalletView) -> WalletView | None:
    return screen if isinstance(screen, WalletView) and screen is not view else None
