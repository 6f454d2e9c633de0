// Package wire holds what two Groves say to each other: the control frames
// (wire.proto) and the fixed headers of a data stream. It only encodes and
// decodes. Every decoder is total and allocates no more than the limits here.
package wire

//go:generate go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
//go:generate protoc --go_out=. --go_opt=paths=source_relative wire.proto
