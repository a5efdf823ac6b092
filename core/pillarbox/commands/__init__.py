"""What the command line promises, as functions: in process or over the socket."""
