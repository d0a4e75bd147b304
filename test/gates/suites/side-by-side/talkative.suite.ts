describe("A suite that is killed", () => {
  it("says something, and never ends", () => {
    console.log("the last words");
    for (;;);
  });
});
