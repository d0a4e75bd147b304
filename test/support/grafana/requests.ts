// What Grafana takes, written by hand after its published reference: https://grafana.com/docs/grafana/latest/developers/http_api/
// (dashboard, dashboard_versions, annotations, folder). Stricter than Grafana, which overlooks fields that it does not know.
import { z } from "zod";

const uid = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/);
const milliseconds = z.int().min(1_000_000_000_000);
const tags = z.array(z.string().min(1));

export const saveDashboard = z.strictObject({
  dashboard: z.looseObject({ uid, title: z.string().min(1), schemaVersion: z.int() }),
  folderUid: uid.optional(),
  message: z.string().optional(),
  overwrite: z.boolean().optional(),
});

export const restoreDashboard = z.strictObject({ version: z.int().min(1) });

export const createAnnotation = z.strictObject({
  dashboardUID: uid.optional(),
  panelId: z.int().optional(),
  time: milliseconds.optional(),
  timeEnd: milliseconds.optional(),
  tags: tags.optional(),
  text: z.string().min(1),
});

export const patchAnnotation = z.strictObject({
  time: milliseconds.optional(),
  timeEnd: milliseconds.optional(),
  tags: tags.optional(),
  text: z.string().min(1).optional(),
});

/** Parameters of a list of versions. */
export const listVersions = z.strictObject({
  limit: z.array(z.coerce.number().int().min(1)).optional(),
  start: z.array(z.coerce.number().int().min(0)).optional(),
});

/** Parameters of a search for annotations; each may come several times, and only `tags` does so with effect. */
export const findAnnotations = z.strictObject({
  from: z.array(z.coerce.number()).optional(),
  to: z.array(z.coerce.number()).optional(),
  limit: z.array(z.coerce.number().int().min(1)).optional(),
  type: z.array(z.enum(["annotation", "alert"])).optional(),
  tags: tags.optional(),
  dashboardUID: z.array(uid).optional(),
});
