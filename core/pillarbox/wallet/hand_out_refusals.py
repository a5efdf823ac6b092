"""Why no address is handed out, beside what the pool itself refuses."""

from pillarbox.errors import PillarboxError


class NotScannedError(PillarboxError):
    """Parameters: account."""

    code = "not-scanned"
    title = "The past of this account is not known yet"
    message = (
        'Pillarbox has not looked yet which addresses of "{account}" were used before, so a new one might be '
        "one that somebody already has. No money is at risk; privacy is."
    )
    hint = "Connect to a server and let the scan finish, or hand one out knowingly without it."


class NoReportYetError(NotScannedError):
    """Parameters: account."""

    code = "no-report-yet"
    hint = "Apply a balance report that names each of its addresses, or hand one out knowingly without it."


class NobodyTellsError(NotScannedError):
    """Parameters: account."""

    code = "nobody-tells"
    hint = "No server knows of such addresses. Look into your own records, then hand one out knowingly."


class SameKeyOpenError(PillarboxError):
    """Parameters: account, wallet."""

    code = "same-key-open"
    title = "Another open wallet hands out these addresses"
    message = (
        'The account "{account}" has the same key as one in "{wallet}", which is open and hands them out.'
    )
    hint = 'Ask there, or close "{wallet}" first.'


class SameKeyElsewhereError(PillarboxError):
    """Parameters: account."""

    code = "same-key-elsewhere"
    title = "Another Pillarbox hands out these addresses"
    message = (
        'The account "{account}" has the same key as one in another wallet, which another running Pillarbox '
        "hands out. From here, somebody could be shown an address that somebody else already has."
    )
    hint = "Ask there, or close that wallet first. Nothing was changed."


class NoLongerHeldError(PillarboxError):
    """Parameters: address."""

    code = "no-longer-held"
    title = "The address was held for too long"
    message = "{address} was given back before it was needed, and may be with somebody else now."
    hint = "Begin again with a new address. Nothing was changed."
