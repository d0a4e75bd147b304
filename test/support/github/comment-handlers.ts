import { notFound, refusal, type Answer, type Handler } from "./call.ts";
import { paged } from "./paged.ts";
import type { Operation } from "./published.ts";
import type { Comment } from "./repository.ts";

type CommentOperation = Extract<Operation, `${string}/comments` | `${string}/comments/{comment_id}` | "GET /user">;

/** Characters of a comment. */
const longest = 65_536;
const tooLong = refusal(`Body is too long (maximum is ${longest} characters)`);

/** Comments on issues and pull requests, and who it is that asks. */
export const commentHandlers: Readonly<Record<CommentOperation, Handler>> = {
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": ({ repository, number, query }) => {
    const issue = repository.issue(number);
    if (issue === undefined) return notFound;
    const since = Date.parse(query.get("since") ?? "1970-01-01T00:00:00Z");
    const found = issue.comments.filter(({ at }) => at >= since);
    return { status: 200, body: paged(found, query).map(commentObject) };
  },
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": ({ repository, number, body, now }) => {
    const issue = repository.issue(number);
    if (issue === undefined) return notFound;
    const text = textOf(body);
    if (text.length > longest) return tooLong;
    const comment = { id: repository.id(), body: text, at: now, author: repository.asking };
    repository.change(issue, { comments: [...issue.comments, comment] });
    return { status: 201, body: commentObject(comment) };
  },
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": ({ repository, parameters, body }): Answer => {
    const id = Number(parameters.comment_id);
    const issue = repository.issues.find(({ comments }) => comments.some((each) => each.id === id));
    const comment = issue?.comments.find((each) => each.id === id);
    if (issue === undefined || comment === undefined) return notFound;
    const text = textOf(body);
    if (text.length > longest) return tooLong;
    // Whoever may write to a repository may write over anybody's comment.
    const changed = { ...comment, body: text };
    repository.change(issue, { comments: issue.comments.map((each) => (each === comment ? changed : each)) });
    return { status: 200, body: commentObject(changed) };
  },
  "GET /user": ({ repository: { asking } }) =>
    asking.type === "Bot"
      ? { status: 403, body: { message: "Resource not accessible by integration" } }
      : { status: 200, body: { login: asking.login, type: asking.type } },
};

function textOf(body: Readonly<Record<string, unknown>>): string {
  return (body as { readonly body: string }).body;
}

function commentObject({ id, body, at, author }: Comment): object {
  return { id, body, created_at: new Date(at).toISOString(), user: { login: author.login, type: author.type } };
}
