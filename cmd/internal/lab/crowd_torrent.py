"""client.py TORRENT FOLDER gives|takes

Downloads with libtorrent and says "complete" on a line. It goes on giving until it is ended. The settings are what did
best on lines of 25 to 50 Mbit/s: TCP alone, no encryption, everybody unchoked, deep queues.
"""
import signal
import sys

import libtorrent as lt

torrent, folder, role = sys.argv[1:]
settings = {
    "listen_interfaces": "0.0.0.0:6881",
    "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification,
    # nobody outside is asked, and nothing of the router
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "min_announce_interval": 5,
    # TCP alone
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "in_enc_policy": 2,
    "out_enc_policy": 2,
    # many connections, at once
    "connections_limit": 500,
    "connection_speed": 100,
    "torrent_connect_boost": 50,
    "smooth_connects": False,
    "unchoke_slots_limit": -1,
    "unchoke_interval": 5,
    "optimistic_unchoke_interval": 10,
    # enough under way
    "request_queue_time": 3,
    "max_out_request_queue": 1500,
    "max_allowed_in_request_queue": 2000,
    "send_buffer_watermark": 3 << 20,
    "send_buffer_watermark_factor": 150,
    "send_buffer_low_watermark": 512 << 10,
    "aio_threads": 4,
    # the web server
    "urlseed_max_request_bytes": 1 << 20,
    "urlseed_pipeline_size": 2,
    "whole_pieces_threshold": 20,
    "suggest_mode": 1,
    "strict_end_game_mode": False,
    "piece_extent_affinity": False,
}
if role == "takes":
    settings.update({"unchoke_slots_limit": 0, "num_optimistic_unchoke_slots": 0, "allowed_fast_set_size": 0})
session = lt.session(settings)
what = lt.add_torrent_params()
what.ti = lt.torrent_info(torrent)
what.save_path = folder
what.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
session.add_torrent(what)

ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
signal.signal(signal.SIGINT, lambda *_: ended.append(1))
while not ended:
    session.wait_for_alert(200)
    for alert in session.pop_alerts():
        if isinstance(alert, lt.torrent_finished_alert):
            print("complete")
        elif isinstance(alert, (lt.torrent_error_alert, lt.file_error_alert)):
            print(alert.message())
