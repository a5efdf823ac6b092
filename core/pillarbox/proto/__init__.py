"""Messages on the wire: .proto files, and what `make proto` makes of them."""
