/** The page's look: light or dark as its reader has it, on any width, and on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #e1e5ea; --text: #18202b; --soft: #556170; --faint: #77828f; --code: #f0f2f5;
  --accent: #4f46e5; --accent-soft: #e6e5fb; --active: #94a0ae; --neutral: #475569; --neutral-soft: #e8ecf1;
  --good: #12734a; --good-soft: #dcf3e6; --bad: #b4232c; --bad-soft: #fde4e4; --warning: #8f5a00; --warning-soft: #fcefcf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #161c24; --line: #2a323d; --text: #e6eaf0; --soft: #a3adba; --faint: #828d9b; --code: #212933;
    --accent: #9b95ff; --accent-soft: #2b2b55; --active: #6d7988; --neutral: #a9b6c6; --neutral-soft: #242d38;
    --good: #5fd39a; --good-soft: #12331f; --bad: #ff8d8d; --bad-soft: #421a1d; --warning: #f2bd58; --warning-soft: #3a2a0b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 24px 56px; display: grid; gap: 20px; grid-template-columns: minmax(0, 1fr); }
h1, h2, h3, p, ul { margin: 0; }
h1 { font-size: 28px; line-height: 1.2; letter-spacing: -0.02em; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 13px; font-weight: 650; letter-spacing: 0.06em; text-transform: uppercase; color: var(--soft); margin-bottom: 14px; overflow-wrap: anywhere; }
h3 { font-size: 17px; letter-spacing: -0.01em; }
ul { padding-left: 20px; }
li { overflow-wrap: anywhere; }
li + li { margin-top: 6px; }
code, .mono { font-family: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.9em; overflow-wrap: anywhere; }
code { background: var(--code); border-radius: 5px; padding: 1px 5px; }
section, .banner, details { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px 22px; }
footer { color: var(--faint); font-size: 13px; text-align: center; }

.small { font-size: 13px; }
.number { white-space: nowrap; }
.soft { color: var(--soft); }
.faint { color: var(--faint); }
.good { color: var(--good); }
.bad { color: var(--bad); }
.warning { color: var(--warning); }
.neutral { color: var(--neutral); }
.pill { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 12.5px; font-weight: 600; white-space: nowrap; }
.pill.good { background: var(--good-soft); }
.pill.bad { background: var(--bad-soft); }
.pill.warning { background: var(--warning-soft); }
.pill.neutral { background: var(--neutral-soft); }

.banner { border-left: 6px solid currentColor; padding: 22px 24px; display: grid; gap: 10px; }
.banner > * { color: var(--text); }
.banner > .soft { color: var(--soft); overflow-wrap: anywhere; }
.banner .mark { margin-right: 10px; }
.banner.good .mark { color: var(--good); }
.banner.bad .mark { color: var(--bad); }
.banner.warning .mark { color: var(--warning); }
.banner.neutral .mark { color: var(--neutral); }
.versions { display: grid; grid-template-columns: minmax(0, 1fr) auto minmax(0, 1fr); align-items: center; gap: 14px; margin-top: 6px; }
.version { border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; min-width: 0; overflow-wrap: anywhere; }
.version.to { border-color: var(--accent); }
.version b { font-size: 17px; }
.arrow { font-size: 22px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px 16px; }
.tile b { display: block; font-size: 22px; line-height: 1.3; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; }
.columns > section:only-child { grid-column: 1 / -1; }
.columns:empty { display: none; }
.why { overflow-wrap: anywhere; }
.why p + p { margin-top: 8px; }

.step { border-top: 1px solid var(--line); padding: 16px 0; }
.step:first-of-type { border-top: 0; padding-top: 0; }
.step:last-of-type { padding-bottom: 0; }
.step header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; }
.step header h3 { min-width: 3.4em; }
.step p { margin-top: 6px; overflow-wrap: anywhere; }
.step.not-reached { opacity: 0.6; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 550; font-size: 12.5px; color: var(--faint); padding: 4px 12px 4px 0; white-space: nowrap; }
td { padding: 5px 12px 5px 0; vertical-align: top; border-top: 1px solid var(--line); }
tr > :last-child { padding-right: 0; }
.metrics { margin-top: 8px; table-layout: fixed; }
.metrics th:nth-child(1), .metrics th:nth-child(2) { width: 27%; }
.metrics th:nth-child(3), .metrics th:nth-child(4) { width: 17%; }
.metrics td { padding-top: 8px; padding-bottom: 6px; overflow-wrap: anywhere; }
.metrics .proof td { border-top: 0; padding-top: 0; }
.metrics svg { display: block; width: 100%; height: 22px; }
.journal td { font-size: 13.5px; }
.detail { overflow-wrap: anywhere; width: 99%; }

.gantt { display: grid; grid-template-columns: minmax(0, max-content) minmax(60px, 1fr) max-content; gap: 7px 12px; align-items: center; font-variant-numeric: tabular-nums; }
.gantt .name, .gantt .told { overflow-wrap: anywhere; }
.gantt .time { text-align: right; }
.gantt .told { grid-column: 1 / -1; margin-top: -4px; }
.track { height: 10px; border-radius: 5px; background: var(--neutral-soft); position: relative; overflow: hidden; }
.track i { position: absolute; top: 0; bottom: 0; border-radius: 5px; background: currentColor; min-width: 3px; }
.track.neutral i { background: var(--accent); }
.smoke + .smoke { margin-top: 18px; }
.smoke > p { margin-bottom: 10px; overflow-wrap: anywhere; }

.chart { display: block; width: 100%; height: auto; }
.chart.narrow { display: none; }
.chart text { font: 11.5px system-ui, sans-serif; fill: var(--soft); }
.chart .plateau { font-weight: 650; fill: var(--accent); font-size: 12.5px; }
.chart .on-band { fill: var(--text); font-size: 11px; }
.grid { stroke: var(--line); }
.axis { stroke: var(--faint); }
.weight { fill: none; stroke: var(--accent); stroke-width: 2.5; stroke-linejoin: round; }
.area { fill: var(--accent); opacity: 0.13; }
.seen { fill: var(--card); stroke: var(--accent); stroke-width: 2; }
.band { stroke: var(--card); stroke-width: 1.5; }
.band.good { fill: var(--good-soft); }
.band.bad { fill: var(--bad-soft); }
.band.warning { fill: var(--warning-soft); }
.band.neutral { fill: var(--neutral-soft); }
.band.accent { fill: var(--accent-soft); }
.event { stroke: currentColor; stroke-width: 1.5; stroke-dasharray: 4 3; }
.chart text.event-name { fill: currentColor; font-weight: 650; }
.track-back { fill: var(--neutral-soft); }
.share-good { fill: var(--good); }
.share-bad { fill: var(--bad); }
.uncertain { fill: var(--active); opacity: 0.35; }
.limit { stroke: var(--text); stroke-width: 2; }
.beside { fill: var(--card); stroke: var(--active); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 14px; }
.legend svg { width: 22px; height: 12px; vertical-align: -1px; margin-right: 6px; }

details { padding: 0; }
summary { cursor: pointer; padding: 14px 22px; font-weight: 600; }
details > div { padding: 0 22px 18px; }

@media (max-width: 720px) {
  main { padding: 14px 12px 32px; gap: 14px; }
  h1 { font-size: 22px; }
  section, .banner { padding: 16px; }
  summary { padding: 12px 16px; }
  details > div { padding: 0 16px 14px; }
  .columns { grid-template-columns: minmax(0, 1fr); gap: 14px; }
  .versions { grid-template-columns: minmax(0, 1fr); gap: 6px; }
  .arrow { transform: rotate(90deg); justify-self: center; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
  .chart.wide { display: none; }
  .chart.narrow { display: block; }
  .metrics, .metrics tbody, .metrics .proof, .metrics .proof td { display: block; }
  .metrics thead, .journal thead { display: none; }
  .metrics tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 12px; padding: 10px 0 0; border-top: 1px solid var(--line); }
  .metrics td { border: 0; padding: 1px 0; }
  .metrics .bar { grid-column: 1 / -1; order: 2; }
  .metrics .counts { grid-column: 1 / -1; order: 3; white-space: normal; }
  .metrics .counts::before { content: attr(data-label) " "; color: var(--faint); }
  .metrics .proof { border: 0; padding: 2px 0 10px; }
  .journal tr { display: grid; grid-template-columns: auto auto 1fr; gap: 0 10px; border-top: 1px solid var(--line); padding: 6px 0; }
  .journal td { border: 0; padding: 0; }
  .journal .detail { grid-column: 1 / -1; width: auto; }
}
@media print {
  :root { color-scheme: light; }
  body { font-size: 11px; }
  main { max-width: none; padding: 0; gap: 12px; }
  section, .banner, .tile, .step, tr { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
