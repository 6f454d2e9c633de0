package main

import (
	"net/url"
	"strconv"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

// leadID is the package that a lead is known to mean; zero where only asking
// its server can tell.
func leadID(lead app.Lead) pack.ID {
	if lead.Grove != nil {
		if p, err := pack.Open(lead.Grove); err == nil {
			return p.ID
		}
	}
	return lead.Link.ID
}

// checkTyped refuses addresses that the user typed and that cannot be meant.
func checkTyped(typed app.Typed, reach app.Reach) error {
	for _, s := range typed.Peers {
		if err := boot.CheckPeer(s); err != nil {
			return err
		}
	}
	for _, s := range typed.Origins {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return app.NewProblem(app.BadInput, strconv.Quote(s)+" is not a web address", nil)
		}
		if err := reach.CheckURL(u, true); err != nil {
			return err
		}
	}
	return nil
}
