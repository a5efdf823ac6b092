"""An account number named beside a public key, which says itself which account it is of."""

from pillarbox.accounts.kind import Params
from pillarbox.errors import InvalidInputError


def require_account(number: int, params: Params) -> None:
    """Raises InvalidInputError unless the key is known to be that of account `number`.

    The account is the third step of the path in BIP44 and all that followed it.
    """
    steps = params.path.split("/")[1:]
    if len(steps) != 3 or steps[2] != f"{number}'":
        said = f"is that of {params.path}" if params.path else "does not say which account it is of"
        raise InvalidInputError(
            what="account number", why=f"The public key {said}. The number is only for recovery words."
        )
