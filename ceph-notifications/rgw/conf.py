"""ceph.conf of a single-node cluster, as text. Pure.

Values that look odd have been measured: short paxos intervals make a cold start three times faster (pools wait for
rounds), and the gateway must be told `crc` where authentication is off, or it loops on its first handshake.
Authentication is off because every port is bound to the loopback address: this is a development cluster.
"""

from __future__ import annotations

from rgw.config import Config

TEMPLATE = """\
[global]
fsid = {fsid}
mon host = {monitors}
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
ms bind ipv6 = false
ms bind port min = {first_port}
ms bind port max = {last_port}
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
run dir = {run}
pid file = {run}/$name.pid
admin socket = {run}/$name.asok
log file = {data}/log/$name.log
crash dir = {data}/crash
log to stderr = false
err to stderr = true
log flush on exit = true
mon cluster log file = {data}/log/cluster.log
mon cluster log to syslog = false
device failure prediction mode = none
debug ms = 0/0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon warn on insecure global id reclaim = false
mon warn on insecure global id reclaim allowed = false
mon data avail warn = 2
mon data avail crit = 1
mon osd nearfull ratio = .95
mon osd backfillfull ratio = .96
mon osd full ratio = .97
mon osd min up ratio = 0
mon osd down out interval = 600
paxos propose interval = 0.05
paxos min wait = 0.01
# under a supervisor all daemons start at once: look for the monitor again soon
mon client hunt interval = 0.5
mon client hunt interval max multiple = 4

[mon]
mon data = {data}/mon.$id

[osd]
osd data = {data}/osd.$id
osd objectstore = bluestore
osd memory target = 939524096
bluestore cache autotune = false
bluestore cache size = 67108864
bluestore block create = true
bluestore block size = {block_bytes}
osd class update on start = false
osd scrub load threshold = 2000

[client]
rgw data = {data}/rgw
rgw enable apis = s3, sts, iam, notifications, admin
rgw rados pool pg num min = 1
rgw thread pool size = 64
rgw enable usage log = false
rgw run sync thread = false
# a gateway that was killed leaves lifecycle locks; its successor cannot stop before they lapse (90 s)
rgw lc lock max time = 10

[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{rgw_port}
ms mon client mode = crc
ms client mode = crc
"""


def monitor_address(config: Config) -> str:
    v2, v1 = config.monitor_ports
    return f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]"


def build_conf(config: Config, fsid: str) -> str:
    """The text of ceph.conf; the same configuration and fsid give the same text."""
    first, last = config.messenger_ports
    return TEMPLATE.format(
        fsid=fsid,
        monitors=monitor_address(config),
        first_port=first,
        last_port=last,
        run=config.run,
        data=config.data,
        block_bytes=config.size_gib << 30,
        rgw_port=config.rgw_port,
    )
