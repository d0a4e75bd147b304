// What `pulumi preview` and `pulumi up` run.
export { program as default } from "./program.ts";
