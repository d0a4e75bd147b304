describe("An endless suite", () => {
  it("never gives the processor back", () => {
    for (;;);
  });
});
