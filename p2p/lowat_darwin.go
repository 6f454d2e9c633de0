package p2p

const tcpNotsentLowat = 0x201 // TCP_NOTSENT_LOWAT of netinet/tcp.h
