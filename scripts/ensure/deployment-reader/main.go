// Command deployment-reader reads files of a deployment with the parsers that also read them where
// they are used, so that tests need neither Docker nor a workflow runner:
//
//	deployment-reader compose FILE...     as docker compose config does: schema, references, values
//	deployment-reader dockerfile FILE     as BuildKit does: its stages, and what its linter warns of
//	deployment-reader workflow FILE...    as actionlint does
//
// The first two print JSON. Exit code 1 with the parser's words where a file is not right.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/rhysd/actionlint"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("expected compose, dockerfile or workflow, and files")
	}
	switch args[0] {
	case "compose":
		return readCompose(args[1:])
	case "dockerfile":
		return readDockerfile(args[1])
	case "workflow":
		return readWorkflows(args[1:])
	}
	return fmt.Errorf("expected compose, dockerfile or workflow, not %s", args[0])
}

func readCompose(files []string) error {
	options, err := cli.NewProjectOptions(files, cli.WithOsEnv, cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return nil
}

type command struct {
	Name  string `json:"name"`
	Text  string `json:"text"`
	Value any    `json:"value"`
}

type stage struct {
	Name     string    `json:"name"`
	Base     string    `json:"base"`
	Commands []command `json:"commands"`
}

func readDockerfile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return err
	}
	warnings := []string{}
	for _, warning := range parsed.Warnings {
		warnings = append(warnings, warning.Short)
	}
	lint := linter.New(&linter.Config{
		Warn: func(rule, _, _, message string, _ []parser.Range) {
			warnings = append(warnings, rule+": "+message)
		},
	})
	stages, arguments, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		return err
	}
	read := []stage{}
	for _, each := range stages {
		commands := []command{}
		for _, one := range each.Commands {
			commands = append(commands, command{one.Name(), fmt.Sprint(one), one})
		}
		read = append(read, stage{each.Name, each.BaseName, commands})
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"arguments": arguments,
		"stages":    read,
		"warnings":  warnings,
	})
}

func readWorkflows(files []string) error {
	// Neither shellcheck nor pyflakes: what is looked at depends on the files alone.
	options := &actionlint.LinterOptions{}
	lint, err := actionlint.NewLinter(os.Stdout, options)
	if err != nil {
		return err
	}
	found, err := lint.LintFiles(files, nil)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%d problems", len(found))
	}
	return nil
}
