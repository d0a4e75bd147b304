import { seconds } from "../figures.ts";
import type { SmokeStory } from "../smoke-story.ts";
import type { Story } from "../story.ts";
import { eventTone, timingText, type Tone } from "../words.ts";
import { html, type Markup } from "./markup.ts";

interface Bar {
  readonly name: string;
  readonly from: number;
  readonly seconds: number;
  readonly tone: Tone;
  readonly told?: string | undefined;
}

/** Bars one below the other, each where it was on the way. */
function gantt(bars: readonly Bar[], end: number): Markup {
  const percent = (value: number): string => (end > 0 ? (100 * value) / end : 0).toFixed(2);
  return html`<div class="gantt">
    ${bars.map(
      (bar) =>
        html`<span class="name">${bar.name}</span
          ><span class="track ${bar.tone}"
            ><i style="left:min(${percent(bar.from)}%, calc(100% - 3px));width:${percent(bar.seconds)}%"></i></span
          ><span class="time">${seconds(bar.seconds)}</span
          >${bar.told !== undefined && html`<span class="told small ${bar.tone}">${bar.told}</span>`} `,
    )}
  </div>`;
}

/** The smoke tests with what each step took. */
export function smokeSection({ smoke }: Story): Markup | undefined {
  if (smoke.length === 0) return undefined;
  return html`<section>
    <h2>Smoke tests</h2>
    ${smoke.map(smokeTest)}
  </section> `;
}

function smokeTest({ passed, detail, steps, through }: SmokeStory): Markup {
  const ends = steps.map((_, index) => steps.slice(0, index + 1).reduce((sum, step) => sum + step.durationSeconds, 0));
  const bars = steps.map((step, index): Bar => {
    const from = ends[index - 1] ?? 0;
    const tone = step.passed ? "good" : "bad";
    return {
      name: `${step.passed ? "✓" : "✗"} ${step.name}`,
      from,
      seconds: step.durationSeconds,
      tone,
      told: step.detail,
    };
  });
  const tone = passed ? "good" : "bad";
  return html`<div class="smoke">
    <p>
      <span class="pill ${tone}">${through} ${passed ? "passed" : "failed"}</span>
      <span class="soft small">${detail}</span>
    </p>
    ${gantt(bars, ends.at(-1) ?? 0)}
  </div>`;
}

/** What took how long, and when. */
export function timingSection({ timings, header }: Story): Markup | undefined {
  if (timings.length === 0) return undefined;
  const bars = timings.map((timing): Bar => {
    const back = timing.name === "to-return" || timing.name === "to-confirmed-return";
    return { name: timingText(timing), from: timing.from, seconds: timing.seconds, tone: back ? "bad" : "neutral" };
  });
  return html`<section>
    <h2>Timings</h2>
    ${gantt(bars, header.durationSeconds)}
  </section> `;
}

/** Every line of the journal. */
export function journalSection({ timeline }: Story): Markup | undefined {
  if (timeline.length === 0) return undefined;
  return html`<details open>
    <summary>Journal, ${timeline.length} ${timeline.length === 1 ? "line" : "lines"}</summary>
    <div>
      <table class="journal">
        <thead>
          <tr>
            <th>after</th>
            <th>weight</th>
            <th>event</th>
            <th>detail</th>
          </tr>
        </thead>
        <tbody>
          ${timeline.map(
            ({ at, since, percent, event, detail }) =>
              html`<tr>
                <td class="number mono faint" title="${at}">+${since.toFixed(3)} s</td>
                <td class="number">${percent} %</td>
                <td class="number ${eventTone(event)}">${event}</td>
                <td class="detail">${detail}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details> `;
}

/** What Prometheus was asked, and what it answered. */
export function querySection({ queries }: Story): Markup | undefined {
  if (queries.length === 0) return undefined;
  return html`<details>
    <summary>Asked of Prometheus: ${queries.length} ${queries.length === 1 ? "query" : "queries"}</summary>
    <div>
      <table class="queries">
        <thead>
          <tr>
            <th>line</th>
            <th>query and answer</th>
          </tr>
        </thead>
        <tbody>
          ${queries.map(
            ({ seq, name, promql, answer }) =>
              html`<tr>
                <td class="number faint">${seq}</td>
                <td class="detail">${name}: <b>${answer}</b><br /><code>${promql}</code></td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
  </details> `;
}
