'use client';
import { useRef, useState } from 'react';
import { send, unreachable } from '@/lib/send';
import type { Conversation, Failure, Message } from '@/lib/types';

/** The messages of a conversation, and the answer that is being written. */
export function useAnswer(given: Conversation) {
  const [conversation, setConversation] = useState(given);
  const [question, setQuestion] = useState<string | null>(null); // while the answer is written
  const [text, setText] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const stopper = useRef<AbortController | null>(null);
  const path = `/api/conversations/${given.id}`;

  /** Sends a message. Gives the stored answer, or null if there is none. */
  async function ask(message: string): Promise<Message | null> {
    const abort = new AbortController();
    stopper.current = abort;
    setQuestion(message);
    setText('');
    setFailure(null);
    let stored: Message | null = null;
    try {
      stored = await read(`${path}/messages`, message, abort.signal);
    } catch {
      if (!abort.signal.aborted) setFailure(unreachable);
    }
    await load();
    setQuestion(null);
    stopper.current = null;
    return stored;
  }

  async function read(url: string, message: string, signal: AbortSignal) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: message }),
      signal,
    });
    if (!response.ok) {
      setFailure(((await response.json()) as { failure: Failure }).failure);
      return null;
    }
    let stored: Message | null = null;
    let rest = '';
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return stored;
      const lines = (rest + value).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const told = JSON.parse(line) as { text?: string; message?: Message };
        if (told.text) setText((before) => before + told.text);
        if (told.message) stored = told.message;
      }
    }
  }

  /** Takes what is stored. The answer that was stopped is stored in a moment. */
  async function load() {
    for (let turn = 0; turn < 40; turn += 1) {
      const told = await send<{ conversation: Conversation }>('GET', path);
      if (told.failure) return setFailure(told.failure);
      if (told.conversation) setConversation(told.conversation);
      if (!told.conversation?.messages.some((one) => one.state === 'running')) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async function end() {
    const told = await send<{ conversation: Conversation }>('POST', `${path}/end`, {});
    setFailure(told.failure ?? null);
    if (told.conversation) setConversation(told.conversation);
  }

  const stop = () => stopper.current?.abort();
  return { conversation, question, text, failure, ask, stop, load, end };
}
