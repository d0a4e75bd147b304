import * as pulumi from "@pulumi/pulumi";

export interface ProviderArgs {
  /** Token of a Slack app, xoxb-…; a person's, xoxp-…, where archived channels are to be adopted. Kept as a secret whatever is given. */
  readonly token: pulumi.Input<string>;
  /** Base of the Web API's methods, for a proxy or a test. @default Slack's own, https://slack.com/api/ */
  readonly baseUrl?: pulumi.Input<string>;
}

/** Who talks to Slack. Give it to a {@link Conversation}, or to the component that holds it, as `provider`. */
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
    // Dynamic resources belong to the package pulumi-nodejs, and read their provider's configuration by keys with a namespace.
    super(
      "pulumi-nodejs",
      name,
      {
        "slack:token": pulumi.secret(args.token),
        ...(args.baseUrl === undefined ? {} : { "slack:baseUrl": args.baseUrl }),
      },
      opts,
    );
  }
}
