import * as pulumi from "@pulumi/pulumi";

/** The `data` of a Secret: texts as Kubernetes takes them, in base64. Each keeps its secret mark. */
export function secretData(
  values: Readonly<Record<string, pulumi.Input<string>>>,
): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));
}

function base64(value: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(value).apply((text) => Buffer.from(text, "utf8").toString("base64"));
}
