import type { Migration } from "./migration.ts";

const seed: readonly (readonly [name: string, category: string, description: string])[] = [
  ["summarize-text", "language", "Summarize a long text, article or document into a few sentences"],
  ["translate-text", "language", "Translate text from one language to another"],
  ["answer-question", "language", "Answer a question from the documents of the workspace"],
  ["write-email", "communication", "Write or reply to an email or a message"],
  ["schedule-meeting", "calendar", "Schedule, move or cancel a meeting in the calendar"],
  ["find-free-time", "calendar", "Find a free time that suits all participants"],
  ["create-task", "tasks", "Create a task or a reminder with a due date"],
  ["list-tasks", "tasks", "List open tasks and reminders by due date"],
  ["search-web", "research", "Search the web and collect sources for a topic"],
  ["analyze-data", "data", "Analyze a table or spreadsheet of numbers and report trends"],
  ["draw-chart", "data", "Draw a chart or diagram from data"],
  ["review-code", "engineering", "Review source code and point out bugs"],
];

export const skills: Migration = {
  id: 2,
  name: "skills",
  async up(client) {
    await client.query(`
      CREATE TABLE skills (
        id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        name text NOT NULL UNIQUE,
        category text NOT NULL,
        description text NOT NULL
      )`);
    await client.query("CREATE INDEX skills_category ON skills (category)");
    await client.query(
      `INSERT INTO skills (name, category, description)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[])`,
      [seed.map(([name]) => name), seed.map(([, category]) => category), seed.map(([, , description]) => description)],
    );
  },
  async down(client) {
    await client.query("DROP TABLE skills");
  },
};
