// A release's story as one page that needs nothing but itself: fit to be attached to an issue, opened from a disk, printed.
import { adviceOf } from "./advice.ts";
import { count, instant, seconds } from "./figures.ts";
import { html, Markup, withCode } from "./html/markup.ts";
import { journalSection, querySection, smokeSection, timingSection } from "./html/sections.ts";
import { stepsSection } from "./html/steps.ts";
import { style } from "./html/style.ts";
import { weightChart } from "./html/weight-chart.ts";
import type { Story, Version } from "./story.ts";
import { isQuarantined } from "./text.ts";
import { changeText, headlineOf, toneOf } from "./words.ts";

/** `atom explain --html`. By its policy nothing is loaded and nothing runs, whatever a version's name or an answer of Prometheus holds. Pure. */
export function reportHtml(story: Story): string {
  const { header } = story;
  const title = `${header.service ?? "service"} ${header.id}: ${headlineOf(story)}`;
  const chart = weightChart(story);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <main>
          ${banner(story)}${tiles(story)}${reasons(story)}
          ${
            chart &&
            html`<section>
              <h2>Traffic on ${header.to.version || "the candidate"}</h2>
              ${chart}
            </section>`
          }
          ${stepsSection(story)}
          <div class="columns">${smokeSection(story)}${timingSection(story)}</div>
          ${journalSection(story)}${querySection(story)}${notes("Remarks of Prometheus", story.warnings)}${notes("No longer on record", story.missing)}
          <footer>Release ${header.id} of ${header.service ?? "a service"}, from its record in the ledger.</footer>
        </main>
      </body>
    </html> `.text;
}

function banner(story: Story): Markup {
  const { header } = story;
  const tone = toneOf(header);
  const mark = { good: "✓", bad: "✗", warning: "!", neutral: "•" }[tone];
  const where = [header.service, header.environment, `release ${header.id}`].filter((part) => part !== undefined);
  const mode = header.hotfix === undefined ? header.mode : `hotfix: ${header.hotfix}`;
  const when = `${instant(header.startedAt)} UTC`;
  return html`<div class="banner ${tone}">
    <p class="soft small">${where.join(" · ")}</p>
    <h1><span class="mark">${mark}</span>${headlineOf(story)}</h1>
    <p class="soft">
      ${mode} · by ${header.by} · ${when}${header.endedAt !== undefined && ` to ${instant(header.endedAt).slice(11)}`}
    </p>
    ${header.change !== undefined && html`<p class="soft">${changeText(header.change)}</p>`}
    <div class="versions">${version("from", header.from)}<span class="arrow">→</span>${version("to", header.to)}</div>
  </div> `;
}

function version(kind: "from" | "to", { version: name, slot, image, template }: Version): Markup {
  return html`<div class="version ${kind}">
    <b>${name === "" ? "unknown version" : name}</b> <span class="soft">${slot}</span>
    <div class="mono small soft">${image}</div>
    <div class="mono small faint">template ${template}</div>
  </div>`;
}

function tiles(story: Story): Markup {
  const { header, steps, restoration, weights } = story;
  const measured = steps.filter(({ kind }) => kind === "weight");
  const passed = measured.filter(({ result }) => result === "passed" || result === "passed-warned").length;
  const judged = Math.max(0, ...steps.flatMap(({ metrics }) => metrics.map(({ candidate }) => candidate?.total ?? 0)));
  const highest = `${Math.max(0, ...weights.map(({ percent }) => percent))} %`;
  return html`<div class="tiles">
    ${tile(seconds(header.durationSeconds), header.endedAt === undefined ? "so far" : "from start to end")}
    ${weights.length > 0 && tile(highest, "highest weight")}
    ${measured.length > 0 && tile(`${passed} of ${measured.length}`, "steps passed")}
    ${judged > 0 && tile(count(judged), "requests of the candidate judged")}
    ${
      restoration &&
      (restoration.result === "verified"
        ? tile(seconds(restoration.seconds), "from the verdict until restored", "bad")
        : tile(restoration.result.replaceAll("-", " "), "that traffic is restored", "bad"))
    }
  </div>`;
}

function tile(value: string, text: string, tone = ""): Markup {
  return html`<div class="tile"><b class="${tone}">${value}</b><span class="soft small">${text}</span></div>`;
}

/** Why, and what to do about it. */
function reasons(story: Story): Markup {
  const { header, decisions } = story;
  const warned = decisions.filter(({ event }) => event === "warned");
  const why = header.cause !== undefined || warned.length > 0;
  return html`<div class="columns">
    ${
      why &&
      html`<section class="why">
        <h2>Why</h2>
        ${
          header.cause &&
          html`<p><code>${header.cause.reason}</code></p>
            <p>${header.cause.detail}</p>`
        }${warned.map(({ detail, since }) => html`<p class="warning">Warned after ${seconds(since)}: ${detail}</p>`)}
      </section>`
    }${notes("What to do next", adviceOf(header, isQuarantined(story)))}
  </div> `;
}

function notes(title: string, texts: readonly string[]): Markup | undefined {
  if (texts.length === 0) return undefined;
  return html`<section>
    <h2>${title}</h2>
    <ul>
      ${texts.map((text) => html`<li>${withCode(text)}</li>`)}
    </ul>
  </section> `;
}
