import { share, shareOf } from "../figures.ts";
import { countsText, type MetricStory } from "../metric-story.ts";
import type { StepStory } from "../step-story.ts";
import type { Story } from "../story.ts";
import { proofText, stayText, verdictText, verdictTone } from "../text.ts";
import { resultWords, stepTitle } from "../words.ts";
import { html, type Markup } from "./markup.ts";

/** Every step with its counts against their limits. */
export function stepsSection({ steps }: Story): Markup | undefined {
  if (steps.length === 0) return undefined;
  const counted = steps.some(({ metrics }) => metrics.length > 0);
  return html`<section>
    <h2>Steps and their evidence</h2>
    ${steps.map(stepArticle)}${counted && legend}
  </section> `;
}

function stepArticle(step: StepStory): Markup {
  const { title, tone } = resultWords[step.result];
  const by = step.by === "guard" ? " by the guard" : "";
  return html`<article class="step ${step.result}">
    <header>
      <h3>${stepTitle(step)}</h3>
      <span class="pill ${tone}">${title}${by}</span><span class="soft small">${stayText(step)}</span>
    </header>
    ${step.evidenceDropped && html`<p class="faint small">Its evidence was dropped from the ledger; this was said:</p>`}
    ${step.metrics.length > 0 ? metricTable(step.metrics) : step.detail !== "" && html`<p class="small">${step.detail}</p>`}
    ${step.inEffect && html`<p class="faint small">${step.inEffect.confirmed ? "Seen in effect" : "Not seen in effect"}: ${step.inEffect.detail}</p>`}
  </article> `;
}

function metricTable(metrics: readonly MetricStory[]): Markup {
  return html`<table class="metrics">
    <thead>
      <tr>
        <th>metric</th>
        <th>share against its limit</th>
        <th>candidate</th>
        <th>active</th>
        <th>verdict</th>
      </tr>
    </thead>
    <tbody>
      ${metrics.map(metricRow)}
    </tbody>
  </table>`;
}

function metricRow(metric: MetricStory): Markup {
  const { label, candidate, active, scope } = metric;
  const proof = proofText(metric);
  const counted = scope === "watch" ? "counted by the guard since its watch began; " : "";
  const [kind, ...rest] = verdictText(metric).split(/[:,] /);
  return html`<tr>
      <td>${label}${limitLine(metric)}</td>
      <td class="bar">${bullet(metric)}</td>
      <td class="number counts" data-label="candidate">${countsText(candidate)}</td>
      <td class="number counts soft" data-label="active">${countsText(active)}</td>
      <td><span class="pill ${verdictTone(metric)}">${kind}</span></td>
    </tr>
    <tr class="proof">
      <td colspan="5" class="faint small">
        ${[rest.join(", ").replace(/\.$/, ""), `${counted}${proof}`].filter((text) => text !== "").join("; ")}
      </td>
    </tr> `;
}

function limitLine({ limit }: MetricStory): Markup | undefined {
  return limit === undefined ? undefined : html`<div class="faint small">at most ${share(limit)}</div>`;
}

/** On a logarithmic scale, as 0.1 % and 30 % must both be seen: the share, what it can still be, the active slot, and the limit. */
function bullet({ candidate, active, limit, upperLimit, label }: MetricStory): Markup | undefined {
  if (limit === undefined || candidate === undefined) return undefined;
  const place = (value: number): number => {
    const lowest = limit / 20;
    return value <= lowest ? 0 : Math.round((2000 * Math.log(value / lowest)) / Math.log(1 / lowest)) / 10;
  };
  const own = shareOf(candidate);
  const beside = active && shareOf(active);
  const said = `${label}: ${own === undefined ? "no requests" : share(own)}, limit ${share(limit)}`;
  const tone = own !== undefined && own > limit ? "bad" : "good";
  const at = place(limit);
  return html`<svg viewBox="0 0 200 22" preserveAspectRatio="none" role="img" aria-label="${said}">
    <title>${said}</title>
    <rect class="track-back" x="0" y="6" width="200" height="10" rx="2" />
    ${
      upperLimit !== undefined &&
      html`<rect class="uncertain" x="0" y="6" width="${place(upperLimit)}" height="10" rx="2" />`
    }${own !== undefined && html`<rect class="share-${tone}" x="0" y="6" width="${Math.max(2, place(own))}" height="10" rx="2" />`}
    <line class="limit" x1="${at}" x2="${at}" y1="1" y2="21" />
    ${
      beside !== undefined &&
      beside > 0 &&
      html`<rect class="beside" x="${Math.max(0, place(beside) - 2)}" y="3" width="4" height="16" />`
    }
  </svg>`;
}

const legend = html`<p class="legend faint small">
  <span
    ><svg viewBox="0 0 22 12">
      <rect class="share-good" y="2" width="11" height="8" rx="2" />
      <rect class="share-bad" x="11" y="2" width="11" height="8" rx="2" /></svg
    >share of bad requests</span
  ><span
    ><svg viewBox="0 0 22 12"><rect class="uncertain" y="2" width="22" height="8" rx="2" /></svg>it may truly be up to
    here</span
  ><span
    ><svg viewBox="0 0 22 12"><line class="limit" x1="11" x2="11" y1="0" y2="12" /></svg>limit</span
  ><span
    ><svg viewBox="0 0 22 12"><rect class="beside" x="9" y="1" width="4" height="10" /></svg>active slot</span
  ><span>logarithmic scale</span>
</p>`;
