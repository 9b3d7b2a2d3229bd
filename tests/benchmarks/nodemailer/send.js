// node send.js FOLDER COUNT CONNECTIONS PORT: sends the message of the folder to so many people; prints the seconds.
"use strict";
const fs = require("fs");
const path = require("path");
const nodemailer = require("nodemailer");

const [folder, count, connections, port] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const read = (name) => fs.readFileSync(path.join(folder, name), "utf8");
const [html, text] = [read("message.html"), read("message.txt")];
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port,
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
  ignoreTLS: true,
  dkim: { domainName: "example.org", keySelector: "news", privateKey: read("dkim.pem") },
});

let next = 0;
async function worker() {
  while (next < count) {
    const number = next++;
    const link = `https://news.example.org/unsubscribe/${number.toString(16).padStart(32, "0")}`;
    const personal = (whole) => whole.replaceAll("{{link}}", link).replaceAll("{{greeting}}", `Hello, Reader ${number}.`);
    await transport.sendMail({
      from: "News <news@example.org>",
      to: `reader${number}@example.org`,
      subject: "Health news of the week",
      text: personal(text),
      html: personal(html),
      list: { unsubscribe: { url: link } },
    });
  }
}

async function main() {
  const began = process.hrtime.bigint();
  // Twice as many at once as connections, so that none of them ever waits for a message to be made.
  await Promise.all(Array.from({ length: connections * 2 }, worker));
  console.log(Number(process.hrtime.bigint() - began) / 1e9);
  transport.close();
}

main();
