// net/http of Go: nothing that knows the API. lines.py tells what the lines are.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

type usage struct {
	Prompt     int         `json:"prompt_tokens"`
	Completion int         `json:"completion_tokens"`
	Cost       json.Number `json:"cost"`
}

type function struct {
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
}

type message struct {
	Content string `json:"content"`
	Calls   []struct {
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
}

// A whole answer, a chunk of a stream, or an error.
type answer struct {
	Choices []struct{ Message, Delta message }
	Usage   *usage
	Error   struct{ Message string }
}

type failure struct {
	Kind    string `json:"kind"`
	Status  *int   `json:"status"`
	Message string `json:"message"`
}

type told struct {
	Text   string    `json:"text"`
	Pieces []string  `json:"pieces,omitempty"`
	Tool   *function `json:"tool,omitempty"`
	Usage  *usage    `json:"usage"`
	Error  *failure  `json:"error,omitempty"`
}

type refused struct {
	status  int
	message string
}

func (r refused) Error() string { return r.message }

func whole(from io.Reader) (told, error) {
	var got answer
	if err := json.NewDecoder(from).Decode(&got); err != nil {
		return told{}, err
	}
	said := got.Choices[0].Message
	result := told{Text: said.Content, Usage: got.Usage}
	if len(said.Calls) > 0 {
		called := said.Calls[0].Function
		result.Tool = &function{called.Name, json.RawMessage(called.Arguments)}
	}
	return result, nil
}

// It asks for no [DONE], as most programs do not.
func streamed(from io.Reader) (told, error) {
	var result told
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		data, found := strings.CutPrefix(lines.Text(), "data: ")
		if !found || data == "[DONE]" {
			continue
		}
		var chunk answer
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			return told{}, err
		}
		for _, choice := range chunk.Choices {
			if choice.Delta.Content != "" {
				result.Pieces = append(result.Pieces, choice.Delta.Content)
			}
		}
		if chunk.Usage != nil {
			result.Usage = chunk.Usage
		}
	}
	result.Text = strings.Join(result.Pieces, "")
	return result, lines.Err()
}

func call(body map[string]any) (told, error) {
	key, own := body["key"].(string)
	if !own {
		key = os.Getenv("OPENROUTER_API_KEY")
	}
	delete(body, "key")
	text, err := json.Marshal(body)
	if err != nil {
		return told{}, err
	}
	address := os.Getenv("OPENROUTER_BASE_URL") + "/chat/completions"
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return told{}, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return told{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		var got answer
		if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
			return told{}, err
		}
		return told{}, refused{response.StatusCode, got.Error.Message}
	}
	if body["stream"] == true {
		return streamed(response.Body)
	}
	return whole(response.Body)
}

func main() {
	requests := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		var body map[string]any
		if err := requests.Decode(&body); err != nil {
			return // the standard input is at its end
		}
		result, err := call(body)
		if err != nil {
			result.Error = &failure{Kind: fmt.Sprintf("%T", err), Message: err.Error()}
			var known refused
			if errors.As(err, &known) {
				result.Error.Status = &known.status
			}
		}
		if err := answers.Encode(result); err != nil {
			panic(err)
		}
	}
}
