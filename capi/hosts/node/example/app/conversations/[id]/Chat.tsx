'use client';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { FailureBox } from '@/app/FailureBox';
import type { Conversation } from '@/lib/types';
import { Bubble, Facts } from './Bubble';
import { useAnswer } from './useAnswer';

export function Chat({ conversation: given }: { conversation: Conversation }) {
  const { conversation, question, text, failure, ask, stop, load, end } = useAnswer(given);
  const [draft, setDraft] = useState('');
  const [said, setSaid] = useState(''); // for screen readers
  const field = useRef<HTMLTextAreaElement>(null);
  const bottom = useRef<HTMLDivElement>(null);
  const { ended, queued, summary } = conversation;
  const stored = conversation.messages.filter((one) => one.state !== 'running');
  // The question of a running answer is stored, too. It is shown once.
  const messages =
    question !== null && stored.length < conversation.messages.length
      ? stored.slice(0, -1)
      : stored;
  const waits = ended && queued && !summary;

  useEffect(() => {
    void bottom.current?.scrollIntoView({ block: 'end' });
  }, [text, messages.length]);
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void load(), 1000);
    return () => clearInterval(timer);
  });

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    const message = draft.trim();
    if (!message || question !== null) return;
    setDraft('');
    setSaid('The agent is answering.');
    const answer = await ask(message);
    if (!answer || answer.failure) setDraft(message); // to send it again
    setSaid(answer && !answer.failure ? `The answer: ${answer.text}` : '');
    field.current?.focus();
  }

  function key(event: KeyboardEvent) {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      void submit();
    }
    if (event.key === 'Escape') stop();
  }

  return (
    <>
      <ol className="messages" aria-label="Messages">
        {messages.map((message) => (
          <Bubble key={message.id} message={message} />
        ))}
        {question !== null && (
          <>
            <li className="message user">
              <p className="who">You</p>
              <p className="text">{question}</p>
            </li>
            <li className="message assistant" aria-busy="true">
              <p className="who">Agent</p>
              <p className="text">{text || '…'}</p>
            </li>
          </>
        )}
      </ol>
      <p className="hidden" role="status">
        {said}
      </p>
      {failure && <FailureBox failure={failure} />}
      {ended ? (
        <section className="summary" aria-live="polite">
          <h2>Summary</h2>
          {summary?.text && <p className="text">{summary.text}</p>}
          {summary?.metadata && <Facts metadata={summary.metadata} />}
          {summary?.failure && <p className="failure">{summary.failure}</p>}
          {waits && <p className="quiet">The worker is writing it …</p>}
          {waits && conversation.waiting && (
            <p className="failure">It tries again: {conversation.waiting}</p>
          )}
          {!queued && <p className="quiet">There is nothing to summarize.</p>}
        </section>
      ) : (
        <form className="composer" onSubmit={submit}>
          <label>
            Your message
            <textarea
              ref={field}
              rows={3}
              value={draft}
              onChange={(event) => setDraft(event.target.value)}
              onKeyDown={key}
            />
            <small>Enter sends it, Shift and Enter begin a new line, Escape stops an answer.</small>
          </label>
          <div className="row">
            {question === null ? (
              <button className="main">Send</button>
            ) : (
              <button type="button" className="main" onClick={stop}>
                Stop
              </button>
            )}
            <button
              type="button"
              disabled={question !== null || messages.length === 0}
              onClick={() => void end()}
            >
              End and summarize
            </button>
          </div>
        </form>
      )}
      <div ref={bottom} />
    </>
  );
}
