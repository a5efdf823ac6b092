from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PayRequest(_message.Message):
    __slots__ = ("invoice",)
    INVOICE_FIELD_NUMBER: _ClassVar[int]
    invoice: str
    def __init__(self, invoice: _Optional[str] = ...) -> None: ...

class PayResponse(_message.Message):
    __slots__ = ("preimage", "amount_msat")
    PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_MSAT_FIELD_NUMBER: _ClassVar[int]
    preimage: bytes
    amount_msat: int
    def __init__(self, preimage: _Optional[bytes] = ..., amount_msat: _Optional[int] = ...) -> None: ...
