// 报送预检: recognises the feed by the file's name, shows how far an upload is, puts the server's answer on the page
"use strict";
(() => {
  const form = document.getElementById("precheck");
  const file = document.getElementById("file");
  const feed = document.getElementById("feed");
  const day = document.getElementById("delivered_on");
  const said = document.getElementById("said");
  const bar = document.getElementById("progress");
  const result = document.getElementById("result");

  const say = (text, isBad) => {
    said.textContent = text;
    said.className = isBad ? "bad" : "quiet";
  };

  const isTooLarge = () => {
    const chosen = file.files[0];
    return chosen !== undefined && chosen.size > Number(form.dataset.limit);
  };

  const recognise = () => {
    result.replaceChildren();
    const chosen = file.files[0];
    document.getElementById("chosen").textContent = chosen ? chosen.name : "尚未选择";
    if (!chosen) return say("");
    if (isTooLarge()) return say(form.dataset.tooLarge, true);
    const day8 = /^(.+)_(\d{4})[-.年]?(\d{1,2})[-.月]?(\d{1,2})日?(?:_\d+)?(?: *[（(]\d+[）)]| *- *副本.*)?\.\w+$/;
    const parts = chosen.name.normalize("NFC").match(day8);
    const fits = parts ? [...feed.options].filter((o) => (o.dataset.names || "").split("|").includes(parts[1])) : [];
    feed.value = fits.length === 1 ? fits[0].value : "";
    day.value = parts ? [parts[2], parts[3].padStart(2, "0"), parts[4].padStart(2, "0")].join("-") : "";
    if (fits.length === 1 && day.value) return say(`按文件名认定为 ${fits[0].text}，${day.value}。`);
    if (fits.length > 1) return say("有几个部门报送这张表，请选择是哪一个部门的。", true);
    return say("从文件名认不出报表或报送日期，请在上面选择。", true);
  };

  // a link to data: has a limit of its own in some browsers, a blob has none
  const makeSlipDownloadable = () => {
    const link = document.getElementById("slip");
    if (!link) return;
    const bytes = Uint8Array.from(atob(link.href.slice(link.href.indexOf(",") + 1)), (c) => c.charCodeAt(0));
    link.href = URL.createObjectURL(new Blob([bytes]));
  };

  // what has come in, with the file that was just handed in
  const showReceived = async () => {
    const answer = await fetch("/precheck/received");
    if (answer.ok) document.getElementById("received").innerHTML = await answer.text();
  };

  const end = (text, isBad) => {
    bar.hidden = true;
    for (const button of document.querySelectorAll("button")) button.disabled = false;
    say(text, isBad);
  };

  const send = (what) => {
    const data = new FormData(form);
    data.set("do", what);
    const asked = new XMLHttpRequest();
    asked.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      bar.value = (100 * event.loaded) / event.total;
      say(`正在上传 ${Math.floor(bar.value)}%`);
    };
    asked.upload.onload = () => {
      bar.removeAttribute("value");
      say(what === "check" ? "已上传，正在检查……" : "已上传，正在检查并放入收件目录……");
    };
    asked.onerror = () => end("连接中断，没有得到结果：请检查网络后再试。", true);
    asked.onload = () => {
      if (asked.status === 413) return end(form.dataset.tooLarge, true);
      if (asked.status === 503) return end(asked.responseText, true);
      if (asked.status !== 200 || !asked.responseURL.endsWith("/precheck/file"))
        return end("登录已失效，或者系统出错：请重新登录后再试。", true);
      result.innerHTML = asked.responseText;
      makeSlipDownloadable();
      if (what === "hand_in") showReceived();
      return end("");
    };
    asked.open("POST", form.action);
    asked.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    result.replaceChildren();
    bar.hidden = false;
    bar.value = 0;
    asked.send(data);
  };

  file.addEventListener("change", recognise);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!file.files[0]) return say("请先选择文件。", true);
    if (isTooLarge()) return say(form.dataset.tooLarge, true);
    return send(event.submitter ? event.submitter.value : "check");
  });
  makeSlipDownloadable();
})();
