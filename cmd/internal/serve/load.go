package serve

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
)

// Given is what a start was told, the first first: flags, environment, file.
type Given struct {
	Flags map[string][]string // by Setting.Name; those that were on the command line
	Env   []string            // as os.Environ
	File  string              // --config; "" is what GROVE_SERVE_CONFIG says, or none
}

// Said is a setting with its value.
type Said struct {
	Setting
	Values []string // empty where nothing was said and there is no default
	From   string   // "--quota", "GROVE_SERVE_QUOTA", a path or "default"
}

const (
	envPrefix  = "GROVE_SERVE_"
	envFile    = envPrefix + "CONFIG"
	byDefault  = "default"
	maxFile    = 1 << 20
	manyCommas = ","
)

// Load makes a Config of what was given, and of defaults. Errors are BadInput
// problems that name where the value was said.
func Load(g Given) (*Config, error) {
	env, err := readEnv(g.Env)
	if err != nil {
		return nil, err
	}
	path := g.File
	if path == "" {
		path = env["config"]
	}
	file, err := readFile(path)
	if err != nil {
		return nil, err
	}
	c := &Config{}
	for _, s := range Settings() {
		said := Said{Setting: s, From: byDefault}
		var name string // of the setting, where it was said
		if v, ok := g.Flags[s.Name]; ok {
			said.Values, said.From = split(s, v), "--"+s.Name
			name = said.From
		} else if v, ok := env[s.Name]; ok {
			said.Values, said.From = split(s, []string{v}), envName(s.Name)
			name = said.From
		} else if v, ok := file[s.Name]; ok {
			said.Values, said.From = v, path
			name = path + ": " + s.Name
		}
		// Nothing between the quotes is what nothing said at all would be.
		if said.Values = slices.DeleteFunc(said.Values, func(v string) bool { return v == "" }); len(said.Values) == 0 && s.Default != "" {
			said.Values = []string{s.Default}
		}
		if len(said.Values) > 1 && !s.Many {
			return nil, badInput("%s is said %d times, and can have one value", name, len(said.Values))
		}
		if len(said.Values) > 0 {
			if err := s.set(c, said.Values); err != nil {
				return nil, badInput("%s: %w", name, err)
			}
		}
		c.Said = append(c.Said, said)
	}
	if err := c.findData(env["GROVE_DATA"]); err != nil {
		return nil, err
	}
	return c, c.check()
}

// badInput is a BadInput problem of text; a %w in format is its cause as well.
func badInput(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	text := err.Error()
	// A problem's own text ends in a full stop, as this one will.
	return app.NewProblem(app.BadInput, strings.TrimSuffix(text, "."), nil)
}

// split is a list as flags and the environment say it.
func split(s Setting, values []string) (all []string) {
	if !s.Many {
		return values
	}
	for _, v := range values {
		for part := range strings.SplitSeq(v, manyCommas) {
			all = append(all, strings.TrimSpace(part))
		}
	}
	return all
}

func envName(setting string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// readEnv is what the environment says, by the names of settings, and
// GROVE_DATA. An empty variable says nothing.
func readEnv(all []string) (map[string]string, error) {
	said := map[string]string{}
	for _, kv := range all {
		k, v, _ := strings.Cut(kv, "=")
		if k == "GROVE_DATA" {
			said[k] = v
		}
		rest, ok := strings.CutPrefix(k, envPrefix)
		if !ok || v == "" {
			continue
		}
		name := strings.ToLower(strings.ReplaceAll(rest, "_", "-"))
		if known := append(names(), "config"); !slices.Contains(known, name) {
			return nil, badInput("there is no variable %s%s", k, meant(nearest(name, known), envName))
		}
		said[name] = v
	}
	return said, nil
}

// meant is what to say about a name that is near an unknown one.
func meant(near string, form func(string) string) string {
	if near == "" {
		return "; grove serve --help lists them"
	}
	return "; is " + form(near) + " meant?"
}

// readFile is what the file at path says; a path of "" says nothing.
func readFile(path string) (map[string][]string, error) {
	if path == "" {
		return nil, nil
	}
	b, err := files.Read(path, maxFile)
	if err != nil {
		return nil, err
	}
	var raw map[string]any
	if _, err := toml.Decode(string(b), &raw); err != nil {
		var where toml.ParseError
		if errors.As(err, &where) {
			return nil, badInput("%s, line %d: %s", path, where.Position.Line, where.Message)
		}
		return nil, badInput("%s: %w", path, err)
	}
	said := map[string][]string{}
	for name, v := range raw {
		known := names()
		at := slices.Index(known, name)
		if at < 0 {
			return nil, badInput("%s: there is no setting %q%s", path, name, meant(nearest(name, known), func(s string) string { return s }))
		}
		if said[name], err = texts(Settings()[at], v); err != nil {
			return nil, badInput("%s: %s: %w", path, name, err)
		}
	}
	return said, nil
}

// texts is a value of the file as flags would say it.
func texts(s Setting, v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return split(s, []string{v}), nil
	case bool:
		if s.Value == "" {
			return []string{fmt.Sprint(v)}, nil
		}
	case int64:
		if s.Value == "N" || s.Value == "SIZE" {
			return []string{fmt.Sprint(v)}, nil
		}
	case []any:
		if !s.Many {
			break
		}
		var all []string
		for _, e := range v {
			text, ok := e.(string)
			if !ok {
				return nil, fmt.Errorf("%v is not text between quotes", e)
			}
			all = append(all, text)
		}
		return all, nil
	}
	switch {
	case s.Value == "":
		return nil, errors.New("it is true or false, without quotes")
	case s.Many:
		return nil, errors.New("it is a list of texts, as in [\"one\", \"two\"]")
	}
	return nil, errors.New("it is one text between quotes")
}

// findData makes the data folder absolute.
func (c *Config) findData(env string) error {
	said := &c.Said[slices.Index(names(), "data")]
	if c.Data == "" && env != "" {
		c.Data, said.From = env, "GROVE_DATA"
	}
	var err error
	if c.Data, err = boot.Folder(c.Data); err != nil {
		return err
	}
	said.Values = []string{c.Data}
	return nil
}
