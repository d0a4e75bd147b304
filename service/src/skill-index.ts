import { createHash } from "node:crypto";
import { connect, type Table } from "@lancedb/lancedb";
import { z } from "zod";
import { DependencyError } from "./api-error.ts";
import { embed } from "./embedding.ts";
import { skillSchema, type Skill } from "./skill.ts";

/** A skill and how near it is to a text: 1 for the same words, 0 for none in common. */
export const skillMatchSchema = skillSchema.extend({ score: z.number() });

export type SkillMatch = z.infer<typeof skillMatchSchema>;

const rowSchema = skillSchema.extend({ _distance: z.number() });

interface BuiltIndex {
  readonly table: Table;
  readonly digest: string;
}

/**
 * The skills in LanceDB, to be found by likeness. The folder belongs to one process: the index is built anew from the
 * database at first use, and is the same for the same skills. Skills change only by a migration, which new pods follow.
 */
export class SkillIndex {
  readonly #uri: string;
  readonly #loadSkills: () => Promise<readonly Skill[]>;
  #built: Promise<BuiltIndex> | undefined;

  constructor(uri: string, loadSkills: () => Promise<readonly Skill[]>) {
    this.#uri = uri;
    this.#loadSkills = loadSkills;
  }

  /** Builds the index unless it is there, and asks it something. Throws a {@link DependencyError} when it cannot. */
  async check(): Promise<void> {
    const { table } = await this.#index();
    await ask(() => table.countRows());
  }

  /** Tells two sets of skills apart; part of the key of whatever is cached about them. */
  async digest(): Promise<string> {
    return (await this.#index()).digest;
  }

  /** The nearest skills, best first; none for a text without words. */
  async match(text: string, limit: number): Promise<readonly SkillMatch[]> {
    const vector = embed(text);
    if (vector === null) return [];
    const { table } = await this.#index();
    const rows = await ask(() => table.vectorSearch(vector).distanceType("cosine").limit(limit).toArray());
    return z
      .array(rowSchema)
      .parse(rows)
      .map(({ _distance, ...skill }) => ({ ...skill, score: Math.max(0, Math.round((1 - _distance) * 1e4) / 1e4) }))
      .sort((a, b) => b.score - a.score || a.id - b.id);
  }

  async close(): Promise<void> {
    const built = await this.#built?.catch(() => undefined);
    built?.table.close();
  }

  async #index(): Promise<BuiltIndex> {
    // One build at a time; a failed one is forgotten, so that the next request tries again.
    this.#built ??= this.#build().catch((error: unknown) => {
      this.#built = undefined;
      throw error;
    });
    return await this.#built;
  }

  async #build(): Promise<BuiltIndex> {
    const skills = await this.#loadSkills();
    const rows = skills.flatMap((skill) => {
      const vector = embed(`${skill.name} ${skill.description}`);
      return vector === null ? [] : [{ ...skill, vector }];
    });
    return await ask(async () => {
      if (rows.length === 0) throw new Error("there are no skills in the database; have the migrations run?");
      const connection = await connect(this.#uri);
      const table = await connection.createTable("skills", rows, { mode: "overwrite" });
      return { table, digest: createHash("sha256").update(JSON.stringify(skills)).digest("hex").slice(0, 16) };
    });
  }
}

async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DependencyError("vector_store", error);
  }
}
