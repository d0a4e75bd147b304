import type { types } from "@pulumi/kubernetes";

/** What Pod Security `restricted` asks of a pod. The user is a number, so that the kubelet can see that it is not root. */
export function restrictedPod(user: number) {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
  } satisfies types.input.core.v1.PodSecurityContext;
}

/** What Pod Security `restricted` asks of a container, and a root file system that nothing writes to. */
export function restrictedContainer() {
  return {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  } satisfies types.input.core.v1.SecurityContext;
}
