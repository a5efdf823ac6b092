"""The main job in the real window, a picture a step."""
