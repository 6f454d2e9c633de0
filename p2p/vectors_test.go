package p2p

// Computed without this program, from docs/PROTOCOL.md, for the package ID
// 00 01 ... 1f, the secret 32 times 09, the peer IDs "dialer" and "listener!"
// and the nonces 32 times 01 and 32 times 02.
const (
	vectorTag        = "37f6163cbfee53c49e7c30e99fc30ac3154fbbbbcb2a52ca7981fb153acf80a8"
	vectorKey        = "b1d119d0451ce96b3d20d8a4c5645470f30b14da9dab7f912417a99854e90fa6"
	vectorPrivateTag = "ee5715e81a0b15464a0cf4d720708955f942a13629af4415f295180ebffd1acf"
	vectorPrivateKey = "c8a5f6aceb050e6775ed5c1f5f88af98a7d25b3718d939d9f4826dd6e59aad5e"
	vectorDialer     = "f8554ade0348ea4e94d04acc3d887537e09b935dc210bec54d7df65abe23cc44"
	vectorListener   = "f34014dd97f175fbb9385c9d7469a0f2b63db904d330906795594229edf7d829"
)
