package httpapi

import (
	"crypto/tls"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
)

var errNotSigned = fault.Unauthorized("callback.bad_signature", "the signature does not fit")

func tlsState() *tls.ConnectionState { return &tls.ConnectionState{} }
