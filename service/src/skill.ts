import { z } from "zod";
import type { Database } from "./database.ts";

/** Something that Atom's agents can do. */
export const skillSchema = z.object({
  id: z.number().int(),
  name: z.string(),
  category: z.string(),
  description: z.string(),
});

export type Skill = z.infer<typeof skillSchema>;

export interface SkillFilter {
  /** Text that the name or the description contains, in any case. */
  readonly search?: string | undefined;
  readonly category?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

export async function allSkills(database: Database): Promise<readonly Skill[]> {
  const { rows } = await database.query<Skill>("SELECT id, name, category, description FROM skills ORDER BY id");
  return rows;
}

/** One page of the matching skills by name, and how many there are in all. */
export async function findSkills(
  database: Database,
  { search, category, limit, offset }: SkillFilter,
): Promise<{ readonly skills: readonly Skill[]; readonly total: number }> {
  const condition = `($1::text IS NULL OR strpos(lower(name || ' ' || description), lower($1)) > 0)
    AND ($2::text IS NULL OR category = $2)`;
  const filter = [search ?? null, category ?? null];
  const [page, count] = await Promise.all([
    database.query<Skill>(
      `SELECT id, name, category, description FROM skills WHERE ${condition} ORDER BY name LIMIT $3 OFFSET $4`,
      [...filter, limit, offset],
    ),
    database.query<{ total: number }>(`SELECT count(*)::int AS total FROM skills WHERE ${condition}`, filter),
  ]);
  return { skills: page.rows, total: count.rows[0]?.total ?? 0 };
}
