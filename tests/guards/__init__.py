"""What every test is held to besides its own assertions: no pause, no leak, no unexpected warning."""
