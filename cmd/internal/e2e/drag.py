# A window with one file in it that can be dragged out, as a file manager has.
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk, Gdk, GLib

label = Gtk.EventBox()
label.add(Gtk.Label(label="drag me"))
label.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
label.drag_source_add_uri_targets()
label.connect("drag-data-get", lambda w, c, data, i, t: data.set_uris([GLib.filename_to_uri(sys.argv[1], None)]))
window = Gtk.Window(title="drag source")
window.set_default_size(160, 100)
window.add(label)
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
