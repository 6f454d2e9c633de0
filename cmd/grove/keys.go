package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"grove/app/pack"
	"grove/cmd/internal/keyring"
)

// defaultKey is the name of the key that is used where none is named.
const defaultKey = "publisher"

// What to do where a key is missing, or something lies in its place.
const (
	hintNewKey    = "grove keys new makes one"
	hintOtherName = "--name gives this one another name"
	hintNoPublic  = "grove keys import NAME.key under another --name makes both files again"
)

// keyPath is where the key called name is, or would be.
func keyPath(t *terminal, name string) (string, error) {
	data, err := dataFolder(t)
	if err != nil {
		return "", err
	}
	return keyring.Path(data, name)
}

// openKey opens the key at path and asks for its passphrase if it needs one.
func openKey(t *terminal, path string) (*keyring.Signer, error) {
	s, err := keyring.Open(path, t.passphrase)
	return s, hint(err, keyring.ErrNone, hintNewKey)
}

// readKey reads both files of the key at path.
func readKey(path string) (file []byte, protected bool, public pack.PublicKey, err error) {
	if file, protected, err = keyring.Read(path); err == nil {
		public, err = keyring.ReadPublic(path)
	}
	return file, protected, public, hint(hint(err, keyring.ErrNone, hintNewKey), keyring.ErrNoPublic, hintNoPublic)
}

func newKeys(t *terminal) *cobra.Command {
	name := defaultKey
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make and keep the keys that sign your packages",
		Long: `Make and keep the keys that sign your packages.

People who download from you recognise you by your key. It is two files in
minisign's format, NAME.key (secret) and NAME.pub, in the folder keys of the
data folder. A passphrase is asked for at a prompt, or taken from the variable
GROVE_PASSPHRASE; it is never an argument.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVar(&name, "name", name, "which key")
	c.AddCommand(newKeysNew(t, &name), newKeysShow(t, &name), newKeysExport(t, &name), newKeysImport(t, &name), newKeysProtect(t, &name))
	return c
}

func newKeysNew(t *terminal, name *string) *cobra.Command {
	var open bool
	c := &cobra.Command{
		Use:   "new",
		Short: "Make a key",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := keyPath(t, *name)
			if err != nil {
				return err
			}
			if err := keyring.MayStore(path); err != nil {
				return hint(err, keyring.ErrTaken, hintOtherName)
			}
			passphrase := ""
			if !open {
				if passphrase, err = t.newPassphrase(keyring.PassphraseVar, "New passphrase"); err != nil {
					return err
				}
			}
			public, err := keyring.Create(c.Context(), path, passphrase)
			if err != nil {
				return err
			}
			fmt.Fprintln(t.out, public)
			t.say("The key %s is ready; its fingerprint is %s.", *name, public.Fingerprint())
			t.say("Keep a copy of this file somewhere safe. Without it you cannot sign as yourself again:")
			t.say("%s", path)
			if open {
				t.say("It has no passphrase: whoever has the file can sign as you. grove keys protect adds one.")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&open, "no-passphrase", false, "make a key that signs without being asked for anything")
	return c
}

// keyShown is a key for --json.
type keyShown struct {
	stamp
	Name        string         `json:"name"`
	Public      pack.PublicKey `json:"public_key"`
	Fingerprint string         `json:"fingerprint"`
	Protected   bool           `json:"protected"`
	File        string         `json:"file"`
}

func newKeysShow(t *terminal, name *string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show",
		Short: "Show the public key and its fingerprint",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := keyPath(t, *name)
			if err != nil {
				return err
			}
			_, protected, public, err := readKey(path)
			if err != nil {
				return err
			}
			if asJSON {
				return t.printJSON(keyShown{newStamp("key"), *name, public, public.Fingerprint(), protected, path})
			}
			passphrase := "none; grove keys protect adds one"
			if protected {
				passphrase = "yes"
			}
			fmt.Fprintf(t.out, "public key   %s\nfingerprint  %s\npassphrase   %s\nfile         %s\n",
				public, public.Fingerprint(), passphrase, path)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func newKeysExport(t *terminal, name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "export FOLDER",
		Short: "Copy the key files to a folder, as they are: a key with a passphrase stays locked",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := keyPath(t, *name)
			if err != nil {
				return err
			}
			file, protected, public, err := readKey(path)
			if err != nil {
				return err
			}
			to := filepath.Join(args[0], filepath.Base(path))
			if err := keyring.MayStore(to); err != nil {
				return err
			}
			if err := keyring.Store(to, file, public); err != nil {
				return err
			}
			fmt.Fprintf(t.out, "%s\n%s\n", to, keyring.PublicPath(to))
			if !protected {
				t.say("This key has no passphrase: whoever has the file can sign as you.")
			}
			return nil
		},
	}
}

func newKeysImport(t *terminal, name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Take over a secret key file made by Grove or minisign",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := keyPath(t, *name)
			if err != nil {
				return err
			}
			if err := keyring.MayStore(path); err != nil {
				return hint(err, keyring.ErrTaken, hintOtherName)
			}
			s, err := openKey(t, args[0])
			if err != nil {
				return err
			}
			public, err := s.CopyTo(c.Context(), path)
			if err != nil {
				return err
			}
			fmt.Fprintln(t.out, public)
			t.say("The key %s is ready; its fingerprint is %s. It lies at", *name, public.Fingerprint())
			t.say("%s", path)
			return nil
		},
	}
}

func newKeysProtect(t *terminal, name *string) *cobra.Command {
	return &cobra.Command{
		Use:   "protect",
		Short: "Give a key a passphrase, or another one",
		Long: `Give a key a passphrase, or another one.

The passphrases are asked for. Where nobody can be asked, GROVE_PASSPHRASE is
the passphrase of a key that has none yet; for one that has, it is the old one
and GROVE_NEW_PASSPHRASE the new one. The old key file is replaced in one step,
when the new one is safely on disk.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := keyPath(t, *name)
			if err != nil {
				return err
			}
			if err := protectKey(c.Context(), t, path); err != nil {
				return err
			}
			t.say("The key %s is locked with the new passphrase.", *name)
			t.say("Copies of the file that you made before still open as they did.")
			return nil
		},
	}
}

func protectKey(ctx context.Context, t *terminal, path string) error {
	s, err := openKey(t, path)
	if err != nil {
		return err
	}
	env := keyring.PassphraseVar
	if s.Protected() {
		env = keyring.NewPassphraseVar
	}
	fresh, err := t.newPassphrase(env, "New passphrase")
	if err != nil {
		return err
	}
	return s.Protect(ctx, fresh)
}
