from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StaticAddressProtocolVersion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    V0: _ClassVar[StaticAddressProtocolVersion]
V0: StaticAddressProtocolVersion

class FetchL402Request(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FetchL402Response(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServerNewAddressRequest(_message.Message):
    __slots__ = ("protocol_version", "client_key")
    PROTOCOL_VERSION_FIELD_NUMBER: _ClassVar[int]
    CLIENT_KEY_FIELD_NUMBER: _ClassVar[int]
    protocol_version: StaticAddressProtocolVersion
    client_key: bytes
    def __init__(self, protocol_version: _Optional[_Union[StaticAddressProtocolVersion, str]] = ..., client_key: _Optional[bytes] = ...) -> None: ...

class ServerNewAddressResponse(_message.Message):
    __slots__ = ("params",)
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    params: ServerAddressParameters
    def __init__(self, params: _Optional[_Union[ServerAddressParameters, _Mapping]] = ...) -> None: ...

class ServerAddressParameters(_message.Message):
    __slots__ = ("server_key", "expiry")
    SERVER_KEY_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    server_key: bytes
    expiry: int
    def __init__(self, server_key: _Optional[bytes] = ..., expiry: _Optional[int] = ...) -> None: ...
