"""The Qt window over the Qt-free core. Importing it fails where Qt would destroy the interpreter."""

from pillarbox_gui.qt_guard import refuse_installed_qt

refuse_installed_qt()
