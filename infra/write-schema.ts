// `npm run schema`: writes the JSON Schema of the stack files, for editors.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { format } from "prettier";
import { stackFileSchema } from "./config/json-schema.ts";

const file = path.join(import.meta.dirname, "stack-config.schema.json");
await writeFile(file, await format(JSON.stringify(stackFileSchema()), { parser: "json", printWidth: 120 }));
