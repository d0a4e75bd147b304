// What Slack shows of a group of alerts. Templates of Alertmanager.

export interface SlackMessage {
  readonly color: string;
  readonly title: string;
  readonly fallback: string;
  readonly text: string;
}

const urgentMark = '{{ if eq .Status "firing" }}:rotating_light: URGENT {{ end }}';
const state = '{{ if eq .Status "firing" }}Firing{{ else }}Resolved{{ end }}';
const what = "{{ .CommonLabels.alertname }}: {{ .CommonLabels.service }} in {{ .CommonLabels.environment }}";

/**
 * A message that says of each alert what it is, and links to what to do about it.
 *
 * @param urgent whether somebody has to come at once (R5)
 */
export function slackMessage(urgent: boolean): SlackMessage {
  const title = `${urgent ? urgentMark : ""}${state}: ${what}`;
  return {
    color: `{{ if eq .Status "firing" }}${urgent ? "danger" : "warning"}{{ else }}good{{ end }}`,
    title,
    fallback: title,
    text: [
      "{{ range .Alerts }}*{{ .Annotations.summary }}* ({{ .Labels.severity }})",
      "{{ .Annotations.description }}",
      "<{{ .Annotations.runbook_url }}|Runbook> · <{{ .Annotations.dashboard_url }}|Dashboard>",
      "{{ end }}",
    ].join("\n"),
  };
}
