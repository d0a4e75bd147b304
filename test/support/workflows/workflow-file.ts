import { readFile } from "node:fs/promises";
import path from "node:path";
import type { EventsConfig } from "@actions/workflow-parser/model/workflow-template";
import type { MappingToken } from "@actions/workflow-parser/templates/tokens/mapping-token";
import type { TemplateToken } from "@actions/workflow-parser/templates/tokens/template-token";
import { isMapping, isSequence } from "@actions/workflow-parser/templates/tokens/type-guards";
import { workflowParser } from "./parser.ts";

export const projectRoot = path.join(import.meta.dirname, "..", "..", "..");

/** A part of a workflow file: its keys as they are written, and when it runs. */
export interface Part {
  readonly keys: MappingToken;
  /** An expression, completed by `success() &&` where it asks for no status itself. */
  readonly condition: string;
}

export interface JobPart extends Part {
  readonly id: string;
  readonly needs: readonly string[];
  readonly steps: readonly Part[];
}

/** A workflow file that GitHub would accept. */
export interface WorkflowFile {
  /** Below the project's root. */
  readonly path: string;
  readonly keys: MappingToken;
  readonly events: EventsConfig;
  readonly jobs: readonly JobPart[];
}

/** Reads a workflow file by GitHub's own schema. Throws with every error that it finds. @param name such as `deploy.yml` */
export async function readWorkflow(name: string): Promise<WorkflowFile> {
  const file = `.github/workflows/${name}`;
  return parseWorkflowText(file, await readFile(path.join(projectRoot, file), "utf8"));
}

/** The same for a text. */
export async function parseWorkflowText(file: string, text: string): Promise<WorkflowFile> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await workflowParser();
  const { context, value } = parseWorkflow({ name: file, content: text }, new NoOperationTraceWriter());
  if (value === undefined || context.errors.getErrors().length > 0)
    throw new Error(`${file} is no workflow: ${context.errors.getErrors().map(String).join("; ")}`);
  const { jobs, events, errors = [] } = await convertWorkflowTemplate(context, value);
  if (errors.length > 0) throw new Error(`${file} is no workflow: ${errors.map(({ Message }) => Message).join("; ")}`);
  const keys = value.assertMapping(file);
  return {
    path: file,
    keys,
    events,
    jobs: jobs.map((job) => {
      if (job.type !== "job") throw new Error(`${file}: ${job.id.value} is no job with steps`);
      const own = mapping(mapping(keys.find("jobs")).find(job.id.value));
      const steps = sequence(own.find("steps"));
      return {
        id: job.id.value,
        keys: own,
        condition: job.if.expression,
        needs: (job.needs ?? []).map((need) => need.value),
        steps: job.steps.map((step, index) => ({
          keys: mapping(steps[index]),
          condition: step.if?.expression ?? "success()",
        })),
      };
    }),
  };
}

function mapping(token: TemplateToken | undefined): MappingToken {
  if (token === undefined || !isMapping(token)) throw new Error("a part of the workflow is no mapping");
  return token;
}

function sequence(token: TemplateToken | undefined): readonly TemplateToken[] {
  return token !== undefined && isSequence(token) ? [...token] : [];
}
