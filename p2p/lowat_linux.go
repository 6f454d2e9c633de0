package p2p

const tcpNotsentLowat = 25 // TCP_NOTSENT_LOWAT of linux/tcp.h
