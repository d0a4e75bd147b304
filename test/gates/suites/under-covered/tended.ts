export function tended(): string {
  return "watered";
}
