"""How the window looks: measures, colours, fonts, icons, and the style made of them."""
